"""Time for machines to come back before their units are given to others: after an outage, and to contradict."""

import asyncio
import logging
from collections.abc import Callable, Collection

from fleet.daemon.mirror import Mirror
from fleet.daemon.snapshot import Snapshot

log = logging.getLogger(__name__)

# Seconds in which a machine that lives has noticed that its entry is gone, and registered again. Without the mend of
# etcd-io/etcd#15247 (2024), a leader of etcd that was frozen may revoke every lease, however well kept, at its return.
CONTRADICTION = 0.5


class Grace:
    """Tells machines that died from machines that an outage took from the registry, or that still boot.

    After an outage of etcd that a machine's entry may not have survived, and after the start of fleetd, a machine that
    was not seen yet has `seconds` to appear; each that appears gives the others as long again, for a cluster boots
    machine by machine. One that was seen since, and vanished, is dead, unless it contradicts at once. Every fleetd
    keeps watch, so that a new leader knows. Where all machines that are left leave, too, the whole cluster goes down:
    units keep their machines, and do not all belong to the last when it boots again.

    As long as the entry of this very machine, `me`, is missing although its fleetd runs, nobody's absence means
    anything: whatever took its entry may have taken all. To contradict takes two writes of etcd, and how long those
    take is known only when this machine's own are done; from then on the others have as long as anybody.
    """

    def __init__(self, me: str, mirror: Mirror, seconds: float, over: Callable[[], object]) -> None:
        self._me = me
        self._mirror = mirror
        self._seconds = seconds
        self._over = over
        self._seen: set[str] = set()
        self._vanished: dict[str, float] = {}
        self._missed = False
        self._trusted = 0.0
        self._epoch = 0.0
        self._timed = 0.0
        self._returned = 0.0
        mirror.listen(self._look)

    def last(self, seconds: float) -> None:
        """Give machines so much time after the next outage."""
        self._seconds = seconds

    def spared(self, snapshot: Snapshot) -> frozenset[str]:
        """The machines that have units, are missing, and have time left; `over` is called when it is up."""
        missing = _needed(snapshot) - snapshot.machines.keys()
        now = asyncio.get_running_loop().time()
        if all(machine.leaving for machine in snapshot.machines.values()):
            return frozenset(missing)
        if self._me not in snapshot.machines or now < self._trusted:
            return frozenset(missing)
        recent = {one for one in missing if one in self._vanished and now < self._vanished[one] + CONTRADICTION}
        return frozenset(recent | self._awaited(missing - self._seen, now))

    def _awaited(self, missing: set[str], now: float) -> set[str]:
        """Those of the missing that were not seen yet, as long as they have time left."""
        deadline = max(self._mirror.fresh_since, self._returned) + self._seconds
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
        snapshot = self._mirror.snapshot
        there = snapshot.machines.keys()
        now = asyncio.get_running_loop().time()
        self._look_at_me(there, now)
        if there - self._seen:
            self._returned = now
        for machine in self._seen - there - self._vanished.keys():
            self._vanished[machine] = now
            self._ask_later()
        for machine in self._vanished.keys() & there:
            del self._vanished[machine]
        self._seen.update(there)
        self._forget(snapshot, now)

    def _look_at_me(self, there: Collection[str], now: float) -> None:
        missed, self._missed = self._missed, self._me not in there
        if missed and not self._missed:
            self._trusted = now + CONTRADICTION
            self._ask_later()

    def _ask_later(self) -> None:
        asyncio.get_running_loop().call_later(CONTRADICTION, self._over)

    def _forget(self, snapshot: Snapshot, now: float) -> None:
        """Forget the dead that have no units left: until then it matters that they were seen."""
        dead = {one for one, since in self._vanished.items() if now >= since + CONTRADICTION}
        for machine in dead - _needed(snapshot) if dead else ():
            del self._vanished[machine]
            self._seen.discard(machine)


def _needed(snapshot: Snapshot) -> set[str]:
    return {unit.machine for unit in snapshot.units.values() if unit.machine}
