"""The engine: on the leading machine it writes down where units go, whenever the registry changes."""

import asyncio
import logging
from itertools import islice

from fleet.daemon.election import Election
from fleet.daemon.etcd import Unavailable, Unchanged
from fleet.daemon.registry import Registry
from fleet.daemon.scheduler import Decisions, schedule
from fleet.daemon.snapshot import Snapshot

log = logging.getLogger(__name__)

MAX_UNITS = 40  # units in a transaction: two conditions each, and etcd takes 128; a larger group goes alone


class Engine:
    """Looks at every change and schedules if this machine leads.

    After an outage of etcd that machines may not have survived in the registry, and at start, machines that were not
    seen yet have `grace` seconds to come back before their units are moved.
    """

    def __init__(self, registry: Registry, election: Election, grace: float) -> None:
        self._registry = registry
        self._mirror = registry.mirror
        self._election = election
        self._grace = grace
        self._seen: set[str] = set()
        self._epoch = 0.0
        self._wake = asyncio.Event()
        self._mirror.listen(self._changed)
        election.listen(self._wake.set)

    async def run(self) -> None:
        """Schedule, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            leadership = self._election.leadership
            if leadership is None or not self._mirror.fresh:
                continue
            try:
                await self._schedule(leadership, self._mirror.snapshot)
            except Unavailable as error:
                log.warning("engine: etcd is not available: %s", error)

    def _changed(self) -> None:
        """Note who is alive; everybody does, so that a new leader knows."""
        if self._mirror.fresh:
            if self._epoch != self._mirror.fresh_since:
                self._epoch = self._mirror.fresh_since
                if self._mirror.outage >= self._grace:
                    self._seen.clear()
            self._seen.update(self._mirror.snapshot.machines)
        self._wake.set()

    async def _schedule(self, leadership: Unchanged, snapshot: Snapshot) -> None:
        decisions = schedule(snapshot.machines, snapshot.units, self._spared(snapshot))
        for portion in _portions(decisions):
            places = {name: decisions.places[name] for name in portion}
            if not await self._registry.place(leadership, places, snapshot.units):
                return  # the registry is not as it was seen: what changed it brings the next pass
            self._report(decisions, places, snapshot)
        reasons = {name: decisions.reasons.get(name, "") for name in snapshot.units}
        changed = {name: text for name, text in reasons.items() if snapshot.units[name].reason != text}
        for portion in _chunks(tuple(changed), MAX_UNITS):
            if await self._registry.explain(leadership, {name: changed[name] for name in portion}, snapshot.units):
                for name in portion:
                    log.info("engine: %s: %s", name, changed[name] or "has a machine or needs none")

    def _spared(self, snapshot: Snapshot) -> frozenset[str]:
        """The machines that are missing but have time to come back."""
        loop = asyncio.get_running_loop()
        left = self._mirror.fresh_since + self._grace - loop.time()
        missing = (
            {unit.machine for unit in snapshot.units.values() if unit.machine} - set(snapshot.machines) - self._seen
        )
        if left <= 0 or not missing:
            return frozenset()
        log.info("engine: waiting %.1f s for %d machines to come back", left, len(missing))
        loop.call_later(left, self._wake.set)
        return frozenset(missing)

    def _report(self, decisions: Decisions, places: dict[str, str | None], snapshot: Snapshot) -> None:
        for name, machine in places.items():
            there = snapshot.machines.get(machine or "")
            cause = decisions.causes.get(name)
            log.info("engine: %s -> %s%s", name, there.label if there else "no machine", f" ({cause})" if cause else "")


def _portions(decisions: Decisions) -> list[tuple[str, ...]]:
    """The batches, small ones together up to what a transaction takes."""
    portions: list[tuple[str, ...]] = []
    for batch in decisions.batches:
        if portions and len(portions[-1]) + len(batch) <= MAX_UNITS:
            portions[-1] += batch
        else:
            portions.append(batch)
    return portions


def _chunks(names: tuple[str, ...], size: int) -> list[tuple[str, ...]]:
    rest = iter(names)
    return list(iter(lambda: tuple(islice(rest, size)), ()))
