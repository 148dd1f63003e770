"""Time for machines to come back after an outage, before their units are given to others."""

import asyncio
import logging
from collections.abc import Callable

from fleet.daemon.mirror import Mirror
from fleet.daemon.snapshot import Snapshot

log = logging.getLogger(__name__)


class Grace:
    """Tells machines that died from machines that an outage took from the registry, or that still boot.

    After an outage of etcd that a machine's entry may not have survived, and after the start of fleetd, a machine that
    was not seen yet has `seconds` to appear. One that was seen since, and vanished, is dead. Every fleetd keeps watch,
    so that a new leader knows.
    """

    def __init__(self, mirror: Mirror, seconds: float, over: Callable[[], object]) -> None:
        self._mirror = mirror
        self._seconds = seconds
        self._over = over
        self._seen: set[str] = set()
        self._epoch = 0.0
        self._timed = 0.0
        mirror.listen(self._look)

    def spared(self, snapshot: Snapshot) -> frozenset[str]:
        """The machines that have units, are missing, and have time left; `over` is called when it is up."""
        loop = asyncio.get_running_loop()
        deadline = self._mirror.fresh_since + self._seconds
        left = deadline - loop.time()
        if left <= 0:
            return frozenset()
        placed = {unit.machine for unit in snapshot.units.values() if unit.machine}
        missing = frozenset(placed - snapshot.machines.keys() - self._seen)
        if missing and deadline != self._timed:
            self._timed = deadline
            log.info("engine: %d machines have %.1f s to come back", len(missing), left)
            loop.call_at(deadline, self._over)
        return missing

    def _look(self) -> None:
        if not self._mirror.fresh:
            return
        if self._epoch != self._mirror.fresh_since:
            self._epoch = self._mirror.fresh_since
            if self._mirror.outage >= self._seconds:
                self._seen.clear()
        self._seen.update(self._mirror.snapshot.machines)
