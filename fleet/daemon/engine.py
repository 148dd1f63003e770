"""The engine: on the leading machine it writes down where units go, whenever the registry changes."""

import asyncio
import logging
from collections import Counter
from typing import NamedTuple

from fleet.daemon.election import Election
from fleet.daemon.etcd import Refused, Unavailable, Unchanged
from fleet.daemon.grace import Grace
from fleet.daemon.lease import RETRY_DELAY
from fleet.daemon.pace import Pace
from fleet.daemon.registry import Registry
from fleet.daemon.scheduler import Decisions, schedule
from fleet.daemon.snapshot import Snapshot

log = logging.getLogger(__name__)

MAX_UNITS = 42  # units in a transaction: up to three conditions each, and etcd takes 128; a larger group is torn apart


class Engine:
    """Looks at every change of machines and units, and schedules if this machine leads.

    A machine that vanished in an outage has `grace` seconds to come back before its units are moved.
    """

    def __init__(self, machine_id: str, registry: Registry, election: Election, grace: float) -> None:
        self._registry = registry
        self._mirror = registry.mirror
        self._election = election
        self._wake = asyncio.Event()
        self.grace = Grace(machine_id, self._mirror, grace, self._wake.set)
        self.passes: Counter[str] = Counter()
        self.placements = 0
        self._done: _View | None = None
        self._pace = Pace()
        self._mirror.listen(self._wake.set, states=False)
        election.listen(self._wake.set)

    async def run(self) -> None:
        """Schedule, for ever."""
        while True:
            await self._wake.wait()
            await self._pace.rest()
            self._wake.clear()
            leadership = self._election.leadership
            if leadership is None or not self._mirror.fresh:
                continue
            snapshot = self._mirror.snapshot
            view = _View(leadership, self.grace.spared(snapshot), snapshot)
            if self._done is not None and view.same_as(self._done):
                continue
            try:
                self._done = view if await self._schedule(view) else None
                self.passes["done" if self._done else "overtaken"] += 1
            except Unavailable as error:
                self._done = None
                self.passes["unavailable"] += 1
                log.warning("engine: etcd is not available: %s", error)
                asyncio.get_running_loop().call_later(RETRY_DELAY, self._wake.set)
            except Refused as error:
                self._done = view  # the same again would be refused again
                self.passes["refused"] += 1
                log.error("engine: etcd refuses what was decided: %s", error)

    async def _schedule(self, view: "_View") -> bool:
        """Decide and write down; False if the registry was not as it was seen: what changed it brings the next pass."""
        units = view.snapshot.units
        with self._pace.look():
            decisions = schedule(view.snapshot.machines, units, view.spared)
        for portion in _portions(decisions):
            places = {name: decisions.places[name] for name in portion}
            gone = {machine for name in portion if (machine := units[name].machine)} - view.snapshot.machines.keys()
            if not await self._registry.place(view.leadership, places, units, gone):
                return False
            self._report(decisions, places, view.snapshot)
        reasons = {name: decisions.reasons.get(name, "") for name in units}
        changed = [name for name, text in reasons.items() if units[name].reason != text]
        for start in range(0, len(changed), MAX_UNITS):
            portion = tuple(changed[start : start + MAX_UNITS])
            if not await self._registry.explain(view.leadership, {name: reasons[name] for name in portion}, units):
                return False
            for name in portion:
                log.info("engine: %s: %s", name, reasons[name] or "waits no longer")
        return True

    def _report(self, decisions: Decisions, places: dict[str, str | None], snapshot: Snapshot) -> None:
        self.placements += len(places)
        for name, machine in places.items():
            there = snapshot.machines.get(machine or "")
            cause = decisions.causes.get(name)
            log.info("engine: %s -> %s%s", name, there.label if there else "no machine", f" ({cause})" if cause else "")


def _portions(decisions: Decisions) -> list[tuple[str, ...]]:
    """The batches, small ones together up to what a transaction takes."""
    portions: list[tuple[str, ...]] = []
    batches = (batch[at : at + MAX_UNITS] for batch in decisions.batches for at in range(0, len(batch), MAX_UNITS))
    for batch in batches:
        if portions and len(portions[-1]) + len(batch) <= MAX_UNITS:
            portions[-1] += batch
        else:
            portions.append(batch)
    return portions


class _View(NamedTuple):
    """What decisions depend on."""

    leadership: Unchanged
    spared: frozenset[str]
    snapshot: Snapshot

    def same_as(self, other: "_View") -> bool:
        """Whether nothing that matters has changed."""
        same = self.snapshot.decides_like(other.snapshot)
        return same and (self.leadership, self.spared) == (other.leadership, other.spared)
