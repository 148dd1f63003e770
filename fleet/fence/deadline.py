"""Until when this machine's lease is proven, and what that means for its units: pure, but for the file it is kept in.

A keep-alive that was sent at S and answered at any time after keeps the lease until S + TTL at the least: etcd counts
from when it handled it. A change of etcd's leader only prolongs that. So, with nothing newer proven:

    S                        units run
    S + 3/5 TTL  stop_at     they are stopped as systemd stops them: ExecStop, SIGTERM
    S + 4/5 TTL  kill_at     what is left is killed
    S + TTL      expires     the earliest time at which etcd may give the units to another machine

All times are of CLOCK_BOOTTIME: nobody can set it, and it goes on while the machine sleeps.
"""

import json
import os
import time
from dataclasses import asdict, dataclass
from enum import IntEnum
from pathlib import Path

DIRECTORY = Path("/run/fleet/fence")
STOPPING, KILLING = 3 / 5, 4 / 5  # of the TTL
SMALLEST_TTL = 5.0  # seconds: of it one is for stopping, and one for killing, which takes docker up to half a second


class Phase(IntEnum):
    """What units may do."""

    RUN = 0
    STOP = 1
    KILL = 2


@dataclass(frozen=True, slots=True)
class Deadline:
    """When the lease may expire at the earliest, its TTL, and the directory with the files of the units it is about."""

    expires: float
    ttl: float
    units: str

    @property
    def stop_at(self) -> float:
        """When units begin to stop."""
        return self.expires - (1 - STOPPING) * self.ttl

    @property
    def kill_at(self) -> float:
        """When what has not stopped is killed."""
        return self.expires - (1 - KILLING) * self.ttl

    def phase(self, now: float) -> Phase:
        """What holds at that time."""
        if now < self.stop_at:
            return Phase.RUN
        return Phase.STOP if now < self.kill_at else Phase.KILL

    def turn(self, now: float) -> float | None:
        """When the phase changes next, if nothing new is proven."""
        return next((at for at in (self.stop_at, self.kill_at) if now < at), None)


def boottime() -> float:
    """Seconds since the boot, as CLOCK_BOOTTIME counts them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class DeadlineFile:
    """The deadline as fleetd leaves it to the supervisor, in a directory of /run: a reboot forgets it, as all units."""

    def __init__(self, directory: Path = DIRECTORY) -> None:
        self._path = directory / "deadline"

    def write(self, deadline: Deadline) -> None:
        """Replace it, whole or not at all."""
        fresh = self._path.with_name(".deadline.new")
        fresh.write_text(json.dumps(asdict(deadline)), encoding="ascii")
        fresh.replace(self._path)

    def read(self) -> Deadline | None:
        """What was written last; None if nothing can be read: then nothing is proven."""
        try:
            fields = json.loads(self._path.read_text(encoding="ascii"))
            return Deadline(float(fields["expires"]), float(fields["ttl"]), str(fields["units"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remove(self) -> None:
        """Forget it."""
        self._path.unlink(missing_ok=True)


class Marks:
    """Names of units that the supervisor has stopped, for fleetd to start them again; one empty file each."""

    def __init__(self, directory: Path = DIRECTORY) -> None:
        self._directory = directory / "stopped"

    def set(self, names: list[str]) -> None:
        """Note these."""
        self._directory.mkdir(parents=True, exist_ok=True)
        for name in names:
            os.close(os.open(self._directory / name, os.O_CREAT | os.O_WRONLY, 0o644))

    def any(self) -> bool:
        """Whether something is noted."""
        return self._directory.is_dir() and any(self._directory.iterdir())

    def take(self) -> list[str]:
        """What was noted, and note it no more."""
        if not self._directory.is_dir():
            return []
        names = sorted(path.name for path in self._directory.iterdir())
        for name in names:
            (self._directory / name).unlink(missing_ok=True)
        return names
