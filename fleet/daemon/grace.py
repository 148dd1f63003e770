"""Time for machines to come back before their units are given to others: after an outage, and to contradict."""

import asyncio
import logging
from collections.abc import Callable

from fleet.daemon.mirror import Mirror
from fleet.daemon.snapshot import Snapshot

log = logging.getLogger(__name__)

# Seconds in which a machine that lives has noticed that its entry is gone, and registered again. Without the mend of
# etcd-io/etcd#15247 (2024), a leader of etcd that was frozen may revoke every lease, however well kept, at its return.
CONTRADICTION = 0.5


class Grace:
    """Tells machines that died from machines that an outage took from the registry, or that still boot.

    After an outage of etcd that a machine's entry may not have survived, and after the start of fleetd, a machine that
    was not seen yet has `seconds` to appear. One that was seen since, and vanished, is dead, unless it contradicts at
    once. Every fleetd keeps watch, so that a new leader knows.
    """

    def __init__(self, mirror: Mirror, seconds: float, over: Callable[[], object]) -> None:
        self._mirror = mirror
        self._seconds = seconds
        self._over = over
        self._seen: set[str] = set()
        self._vanished: dict[str, float] = {}
        self._epoch = 0.0
        self._timed = 0.0
        mirror.listen(self._look)

    def spared(self, snapshot: Snapshot) -> frozenset[str]:
        """The machines that have units, are missing, and have time left; `over` is called when it is up."""
        placed = {unit.machine for unit in snapshot.units.values() if unit.machine}
        missing = placed - snapshot.machines.keys()
        now = asyncio.get_running_loop().time()
        recent = {one for one in missing if one in self._vanished and now < self._vanished[one] + CONTRADICTION}
        return frozenset(recent | self._awaited(missing - self._seen, now))

    def _awaited(self, missing: set[str], now: float) -> set[str]:
        """Those of the missing that were not seen yet, as long as they have time left."""
        deadline = self._mirror.fresh_since + self._seconds
        if deadline <= now:
            return set()
        if missing and deadline != self._timed:
            self._timed = deadline
            log.info("engine: %d machines have %.1f s to come back", len(missing), deadline - now)
            asyncio.get_running_loop().call_at(deadline, self._over)
        return missing

    def _look(self) -> None:
        if not self._mirror.fresh:
            return
        if self._epoch != self._mirror.fresh_since:
            self._epoch = self._mirror.fresh_since
            if self._mirror.outage >= self._seconds:
                self._seen.clear()
                self._vanished.clear()
        there = self._mirror.snapshot.machines.keys()
        loop = asyncio.get_running_loop()
        for machine in self._seen - there - self._vanished.keys():
            self._vanished[machine] = loop.time()
            loop.call_later(CONTRADICTION, self._over)
        for machine in self._vanished.keys() & there:
            del self._vanished[machine]
        self._seen.update(there)
