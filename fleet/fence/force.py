"""What ends units: the kernel and systemctl what systemd has started, docker what runs under its daemon for a unit.

Commands and not the bus: they share nothing with fleetd, and systemctl speaks to systemd without the bus's daemon.
"""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from fleet.fence.cgroups import Cgroups
from fleet.model.states import DOWN

LABEL = "fleet.unit"
"""The label by which a container is a unit's (`docker run --label=fleet.unit=%n`): its processes are dockerd's."""

_PATIENCE = 2.0  # seconds at most for one command; what takes longer is asked for again in the next pass


class Force(Protocol):
    """Stops and kills units, and says which are not down.

    `patience` is how many seconds systemd is given for an answer.
    """

    patience: float

    def alive(self, names: Sequence[str]) -> list[str]:
        """Those of the units that have processes, by the kernel, who answers at once."""

    def strike(self, names: Sequence[str]) -> None:
        """Kill every process of these units, without asking systemd."""

    def up(self, names: Sequence[str]) -> list[str]:
        """Those of the units that are not down, as far as is known."""

    def stop(self, names: Sequence[str]) -> None:
        """Have systemd stop these; nothing starts them again by itself then."""

    def kill(self, names: Sequence[str]) -> None:
        """Have systemd kill every process of these units."""

    def kill_containers(self) -> Callable[[], bool]:
        """Begin to kill all containers of units; what is returned waits for it, and says True if there was none."""


class Commands:
    """The Force of this machine."""

    def __init__(self) -> None:
        self.patience = _PATIENCE
        self._cgroups = Cgroups()

    def alive(self, names: Sequence[str]) -> list[str]:
        """Those that have a process in their control group."""
        return self._cgroups.alive(names)

    def strike(self, names: Sequence[str]) -> None:
        """Kill what is in the units' control groups."""
        self._cgroups.kill(names)

    def up(self, names: Sequence[str]) -> list[str]:
        """Those that are not inactive or failed; all of them, if systemd does not say."""
        if not names:
            return []
        shown = self._run("show", "--property=Id,ActiveState", "--", *names) or ""
        told = [dict(line.split("=", 1) for line in block.splitlines()) for block in shown.split("\n\n")]
        down = {one.get("Id") for one in told if one.get("ActiveState") in DOWN}
        return [name for name in names if name not in down]

    def stop(self, names: Sequence[str]) -> None:
        """Queue the stop jobs; they replace what was queued."""
        self._run("stop", "--no-block", "--", *names)

    def kill(self, names: Sequence[str]) -> None:
        """Kill what is in the units' control groups: also commands that stop them, such as ExecStop."""
        self._run("kill", "--kill-who=all", "--signal=SIGKILL", "--", *names)

    def kill_containers(self) -> Callable[[], bool]:
        """A killed `docker run` leaves its container behind. False if docker does not answer, too."""
        try:
            listing = subprocess.Popen(
                ("docker", "ps", "--quiet", f"--filter=label={LABEL}"), stdout=subprocess.PIPE, text=True
            )
        except OSError:
            return lambda: not _has_docker()
        return lambda: _kill_listed(listing)

    def _run(self, *words: str) -> str | None:
        return _run("systemctl", *words, within=min(self.patience, _PATIENCE))


def _kill_listed(listing: subprocess.Popen[str]) -> bool:
    with listing:
        try:
            listed, _ = listing.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            listing.kill()
            return not _has_docker()
    if listing.returncode:
        return not _has_docker()
    if listed.split():
        _run("docker", "kill", *listed.split())
    return not listed.split()


def _has_docker() -> bool:
    return shutil.which("docker") is not None and Path("/var/run/docker.sock").is_socket()


def _run(*command: str, within: float = _PATIENCE) -> str | None:
    """What a command prints; None if it cannot be executed, fails, or does not end in time."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=within, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
