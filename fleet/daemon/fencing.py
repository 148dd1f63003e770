"""fleetd's side of the fence: it proves the lease to the supervisor, and is told what that has stopped.

The supervisor, `fleet-fence.service`, is another process: it acts also when this one hangs or is gone. See fleet.fence.
"""

import logging
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

from fleet.daemon.config import Config
from fleet.daemon.store import Held
from fleet.daemon.systemd import Systemd, SystemdError
from fleet.fence.alarm import ring
from fleet.fence.deadline import DIRECTORY, STOPPING, Deadline, DeadlineFile, Marks, boottime

log = logging.getLogger(__name__)

SUPERVISOR = "fleet-fence.service"
REGISTERS_AGAIN = 0.3  # seconds in which a machine whose entry vanished has registered again, if etcd answers


class Fence:
    """The proof that units may run here. With a `ttl` of 0 there is no fence: they always may."""

    def __init__(self, ttl: int, units: Path, directory: Path = DIRECTORY, now: Callable[[], float] = boottime) -> None:
        self._ttl = ttl
        self._units = units
        self._directory = directory
        self._now = now
        self._file = DeadlineFile(directory)
        self._marks = Marks(directory)
        self._deadline: Deadline | None = None
        self._guarded = False

    @classmethod
    def of(cls, config: Config) -> "Fence":
        """The fence that is configured, or none."""
        return cls(math.ceil(config.agent_ttl), config.units_directory) if config.fence else cls.none()

    @classmethod
    def none(cls) -> "Fence":
        """No fence: whatever runs when the machine is cut off goes on."""
        return cls(0, Path())

    @property
    def open(self) -> bool:
        """Whether a unit may be started now: the lease is proven, and the supervisor watches over it."""
        if not self._ttl:
            return True
        return self._guarded and self._deadline is not None and self._now() < self._deadline.stop_at

    @property
    def has_stopped(self) -> bool:
        """Whether there is something to be given back."""
        return self._marks.any()

    def given_back(self, wanted: Collection[str], held: Mapping[str, Held]) -> list[Held]:
        """What the supervisor has stopped since this was asked last and still belongs here, as not started yet."""
        stopped = [name for name in self._marks.take() if name in wanted and name in held and held[name].started]
        if stopped:
            log.info("fence: stopped were %s: they are started again", " ".join(stopped))
        return [Held(name, held[name].hash) for name in stopped]

    async def set_up(self, systemd: Systemd) -> None:
        """Have the supervisor run, or, without a fence, run no more; raises SystemdError if it cannot be started.

        Units that run already, from a fleetd without a fence, have one TTL until the first proof.
        """
        if not self._ttl:
            await self._take_down(systemd)
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        self._deadline = self._file.read()
        if self._deadline is None:
            self.proven(self._now(), self._ttl)
        await systemd.start(SUPERVISOR, wait=True)
        log.info("fence: units are stopped %.1f s after the last heartbeat that was answered", STOPPING * self._ttl)

    def proven(self, sent: float, ttl: int) -> None:
        """The lease was granted or kept by a request that was sent at that time, and lasts so long."""
        if not self._ttl:
            return
        self._write(Deadline(sent + ttl, ttl, str(self._units)))

    def _write(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._file.write(self._deadline)
        guarded = ring(self._directory)
        if self._guarded and not guarded:
            log.error("fence: %s does not run: nothing is started", SUPERVISOR)
        self._guarded = guarded

    def lost(self) -> None:
        """The machine's entry is gone before its time: units stop, unless it is there again in a moment."""
        if self._deadline is not None:
            too_late = self._deadline.stop_at - self._now() - REGISTERS_AGAIN
            if too_late > 0:
                self._write(replace(self._deadline, expires=self._deadline.expires - too_late))

    async def _take_down(self, systemd: Systemd) -> None:
        if self._file.read() is None:
            return
        try:
            await systemd.stop(SUPERVISOR, wait=True)
        except SystemdError as error:
            log.warning("fence: %s cannot be stopped: %s", SUPERVISOR, error)
            return
        self._file.remove()
        log.info("fence: there is none any more")
