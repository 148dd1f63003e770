"""What ends units: systemctl for what systemd has started, docker for what runs under its daemon on behalf of a unit.

Commands and not the bus: they share nothing with fleetd, and systemctl speaks to systemd without the bus's daemon.
"""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

LABEL = "fleet.unit"
"""The label by which a container is a unit's (`docker run --label=fleet.unit=%n`): its processes are dockerd's."""

_PATIENCE = 2.0  # seconds for one command; what takes longer is asked for again in the next pass
_DOWN = ("inactive", "failed")


class Force(Protocol):
    """Stops and kills units, and says which are not down."""

    def up(self, names: Sequence[str]) -> list[str]:
        """Those of the units that are not down, as far as is known."""

    def stop(self, names: Sequence[str]) -> None:
        """Have systemd stop these; nothing starts them again by itself then."""

    def kill(self, names: Sequence[str]) -> None:
        """Kill every process of these units."""

    def kill_containers(self) -> bool:
        """Kill all containers of units; True if there was none."""


class Commands:
    """The Force of this machine."""

    def up(self, names: Sequence[str]) -> list[str]:
        """Those that are not inactive or failed; all of them, if systemd does not say."""
        if not names:
            return []
        shown = _run("systemctl", "show", "--property=Id,ActiveState", "--", *names) or ""
        told = [dict(line.split("=", 1) for line in block.splitlines()) for block in shown.split("\n\n")]
        down = {one.get("Id") for one in told if one.get("ActiveState") in _DOWN}
        return [name for name in names if name not in down]

    def stop(self, names: Sequence[str]) -> None:
        """Queue the stop jobs; they replace what was queued."""
        _run("systemctl", "stop", "--no-block", "--", *names)

    def kill(self, names: Sequence[str]) -> None:
        """Kill what is in the units' control groups: also commands that stop them, such as ExecStop."""
        _run("systemctl", "kill", "--kill-who=all", "--signal=SIGKILL", "--", *names)

    def kill_containers(self) -> bool:
        """A killed `docker run` leaves its container behind. False if docker does not answer, too."""
        listed = _run("docker", "ps", "--quiet", f"--filter=label={LABEL}")
        if listed is None:
            return not _has_docker()
        if listed.split():
            _run("docker", "kill", *listed.split())
        return not listed.split()


def _has_docker() -> bool:
    return shutil.which("docker") is not None and Path("/var/run/docker.sock").is_socket()


def _run(*command: str) -> str | None:
    """What a command prints; None if it cannot be executed, fails, or does not end in time."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
