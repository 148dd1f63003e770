"""Makes the host ready for a cluster, or says in one message everything that keeps it from being so."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Protocol

from cluster.errors import Impossible, InfraError
from cluster.eventually import TimedOut
from cluster.host import check, dockerd, packages, survey
from cluster.host.check import Cure, Problem
from cluster.host.command import RootCommandFailed, run
from cluster.host.survey import Facts
from cluster.hostlock import HostLock
from cluster.ownership import title
from cluster.say import Say
from cluster.settings import Settings


class HostNotReady(InfraError):
    """No cluster can start here; the message names every problem with its cure."""

    status = 2
    """The exit status that goes with it."""


class Host(Protocol):
    """What can be known of a host and done to it."""

    def facts(self) -> Facts:
        """Look at the host as it is now."""

    def cure(self, by: Cure, facts: Facts) -> None:
        """Put one kind of problem right; raise RootCommandFailed, TimedOut or Impossible."""


class ThisHost:
    """The host that this runs on."""

    def __init__(self, settings: Settings, say: Say) -> None:
        """Take the cluster that is to start."""
        self._settings = settings
        self._say = say

    def facts(self) -> Facts:
        """Look at the host as it is now: about 50 ms where it is ready."""
        return survey.gather(self._settings)

    def cure(self, by: Cure, facts: Facts) -> None:
        """Install, start or allow; with sudo where the user is not root."""
        work = self._settings.work
        if by is Cure.INSTALL:
            packages.install(facts.missing, systemd=facts.systemd, say=self._say, log=work / "apt.log")
        elif by is Cure.START:
            dockerd.start(work, systemd=facts.systemd, say=self._say)
        elif by is Cure.ALLOW:
            dockerd.allow(facts.user, self._say)
        elif by is Cure.RAISE:
            limit = check.inotify_limit(facts, self._settings)
            self._say(f"host: sysctl fs.inotify.max_user_instances={limit}, it was {facts.inotify}")
            run("sysctl", "-w", f"fs.inotify.max_user_instances={limit}")


def problems(settings: Settings) -> list[Problem]:
    """Return what stands in the way of this cluster on this host now; nothing is changed."""
    return check.problems(survey.gather(settings), settings)


def prepare(
    settings: Settings, say: Say = print, *, host: Host | None = None, environment: Mapping[str, str] = os.environ
) -> None:
    """Return when the host is ready; install and start what is missing where that is allowed and possible.

    Raises HostNotReady. As long as one problem needs a person, nothing is changed at all. One process at a time
    does it, the others wait.
    """
    host = host or ThisHost(settings, say)
    if not check.problems(host.facts(), settings):
        return
    lock = HostLock("host")
    who = title(settings, f"the set-up for {settings.name}")
    if not lock.take(who):
        say(f"host: waiting for {lock.holder()}")
        lock.take(who, wait=True)
    try:
        _make_ready(settings, host, environment)
    finally:
        lock.release()


def _make_ready(settings: Settings, host: Host, environment: Mapping[str, str]) -> None:
    tried: list[Cure] = []
    while True:
        facts = host.facts()
        found = check.problems(facts, settings)
        if not found:
            return
        reason = _hindrance(found, facts, environment, tried)
        if reason is not None:
            raise HostNotReady(_message(found, reason))
        cure = min((problem.by for problem in found), key=list(Cure).index)
        tried.append(cure)
        try:
            host.cure(cure, facts)
        except (RootCommandFailed, TimedOut, Impossible) as error:
            raise HostNotReady(_message(found, f"tried to {cure.value}: {error}")) from error


def _hindrance(
    found: Sequence[Problem], facts: Facts, environment: Mapping[str, str], tried: Sequence[Cure]
) -> str | None:
    """Return why the set-up must not or cannot put all of it right; None where it can."""
    cures = {problem.by for problem in found}
    if again := cures.intersection(tried):
        return f"tried to {', '.join(sorted(cure.value for cure in again))}, and it did not help"
    changed = "" if tried else "nothing was changed"
    if Cure.NONE in cures:
        return changed
    if environment.get("CLUSTER_NO_INSTALL", "0") not in ("", "0") and cures & {Cure.INSTALL, Cure.ALLOW, Cure.RAISE}:
        return f"{changed or 'nothing was installed'}: CLUSTER_NO_INSTALL is set"
    if not facts.root and not facts.sudo:
        return f"{changed or 'nothing more was changed'}: {facts.user} is not root and has no passwordless sudo"
    return None


def _message(found: Sequence[Problem], reason: str) -> str:
    lines = ["the host is not ready for this cluster:", *map(str, found)]
    return "\n".join([*lines, f"({reason})"] if reason else lines)
