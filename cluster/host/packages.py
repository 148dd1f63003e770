"""Installing Debian packages: all that is missing at once, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from cluster.host.command import RootCommandFailed, run
from cluster.host.needs import Need
from cluster.say import Say

POLICY = Path("/usr/sbin/policy-rc.d")
INSTALL = ("apt-get", "install", "-y", "--no-install-recommends", "--no-remove", "-o", "DPkg::Lock::Timeout=120")
STEPS = ("Unpacking ", "Setting up ")
_COUNT = re.compile(r"(\d+) newly installed")


def install(needs: Sequence[Need], *, systemd: bool, say: Say, log: Path) -> None:
    """Install the packages that bring `needs`; raise RootCommandFailed before anything is changed, where one cannot be.

    Nothing that is installed already is removed for it.
    """
    say("host: apt-get update")
    run("apt-get", "update", "-q", "-o", "Acquire::Retries=3", log=log)
    candidates = parse_policy(run("apt-cache", "policy", *sorted({name for need in needs for name in need.packages})))
    packages = chosen(needs, candidates)
    run(*INSTALL, "--simulate", *packages, log=log)
    say(f"host: apt-get install {' '.join(packages)}")
    with _no_etcd_service("etcd-server" in packages, systemd=systemd):
        run(*INSTALL, "-q", *packages, log=log, follow=Progress(say))


def chosen(needs: Sequence[Need], candidates: Mapping[str, bool]) -> list[str]:
    """Return each need's first package that the archive has; raise RootCommandFailed naming those it lacks."""
    lacking = [need for need in needs if not any(candidates.get(name) for name in need.packages)]
    if lacking:
        names = ", ".join(f"{need.packages[-1]} ({need.why})" for need in lacking)
        raise RootCommandFailed(f"this system's archive has no {names}")
    return list(dict.fromkeys(next(name for name in need.packages if candidates.get(name)) for need in needs))


def parse_policy(output: str) -> dict[str, bool]:
    """Read `apt-cache policy`: whether each package can be installed."""
    result: dict[str, bool] = {}
    name = ""
    for line in output.splitlines():
        if line and not line.startswith(" "):
            name = line.rstrip(":")
        elif line.strip().startswith("Candidate:"):
            result[name] = "(none)" not in line
    return result


class Progress:
    """Turns apt's lines into a few that a person wants to see: what is to be fetched, and each 50th package."""

    def __init__(self, say: Say) -> None:
        """Take where to say it."""
        self._say = say
        self._total = 0
        self._done = dict.fromkeys(STEPS, 0)

    def __call__(self, line: str) -> None:
        """Take one line of apt's."""
        if counted := _COUNT.search(line):
            self._total = int(counted[1])
        elif line.startswith("Need to get "):
            self._say(f"host: {self._total} packages, {line.removeprefix('Need to get ')}")
        for step in STEPS:
            if line.startswith(step):
                self._done[step] += 1
                if self._done[step] % 50 == 0 or self._done[step] == self._total:
                    self._say(f"host: {step.strip().lower()}: {self._done[step]} of {self._total}")


@contextmanager
def _no_etcd_service(concerned: bool, *, systemd: bool) -> Iterator[None]:
    """Keep Debian's etcd service from running: the tests start their own etcd on its ports."""
    if not concerned:
        yield
        return
    with _masked() if systemd else nullcontext() if POLICY.exists() else _forbidden():
        yield
    run("update-rc.d", "etcd", "disable")


@contextmanager
def _masked() -> Iterator[None]:
    """For systemd: a unit that is masked is not started by the package that brings it."""
    run("systemctl", "mask", "--runtime", "etcd.service")
    try:
        yield
    finally:
        run("systemctl", "unmask", "--runtime", "etcd.service")


@contextmanager
def _forbidden() -> Iterator[None]:
    """For other init systems: Debian's own switch, which the host must not have in use for something else."""
    run("sh", "-c", f"printf '#!/bin/sh\\nexit 101\\n' >{POLICY} && chmod 755 {POLICY}")
    try:
        yield
    finally:
        run("rm", "-f", str(POLICY))
