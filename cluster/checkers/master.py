"""The master: whom the nodes take for it, and that no two are accepted at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from cluster.checkers.books import Fate
from cluster.checkers.verdict import Complaint, Verdict
from cluster.history import Health

LATER = 15.0
"""Seconds after which a view that was not told again counts no longer: it is told at least each 5 s."""


@dataclass(frozen=True)
class View:
    """What one node says of its cluster: the master's node id, None without one, and the state's version."""

    master: str | None
    version: int


def one_master(views: dict[str, View], nodes: int) -> Verdict:
    """So many nodes answer, and all name the same master (by its id: a name outlives a restart) and the same state."""
    told = ", ".join(f"{node} says {view.master or 'none'} at version {view.version}" for node, view in views.items())
    agreed = len(set(views.values())) == 1 and None not in {view.master for view in views.values()}
    passed = agreed and len(views) == nodes
    return Verdict("one master", len(views), () if passed else (f"{len(views)} of {nodes} answer: {told or 'nobody'}",))


@dataclass(frozen=True)
class Reign:
    """A machine's node named the same master from a first to a last look."""

    machine: str
    master: str
    since: float
    until: float

    def shared_with(self, other: Reign) -> tuple[float, float]:
        """Return from when to when both were so; the end is not after the begin where they never were."""
        return max(self.since, other.since), min(self.until, other.until)


def reigns(healths: Sequence[Health]) -> list[Reign]:
    """Return whom each machine's node named, and how long for certain: from the first look to the last one."""
    found: list[Reign] = []
    open_by_machine: dict[str, Reign] = {}
    for health in sorted(healths, key=lambda health: health.at):
        now = open_by_machine.pop(health.machine, None)
        goes_on = now is not None and now.master == health.master and health.at - now.until <= LATER
        if now is not None and not goes_on:
            found.append(now)
        if health.master is not None:
            since = now.since if now is not None and goes_on else health.at
            open_by_machine[health.machine] = Reign(health.machine, health.master, since, health.at)
    return sorted([*found, *open_by_machine.values()], key=lambda reign: reign.since)


def one_master_accepted(healths: Sequence[Health], fates: Sequence[Fate], window: float) -> Verdict:
    """No two masters for longer than `window`, the seconds until a lost one is missed; nor both for a write.

    Zen of 1.7 lets an old master reign until it misses the others: that alone is no split brain. It is one when it
    outlives the window, or when meanwhile a write was acknowledged through a node of either.
    """
    all_of_them = reigns(healths)
    complaints = []
    for one, two in combinations(all_of_them, 2):
        since, until = one.shared_with(two)
        if one.master == two.master or until <= since:
            continue
        words = f"{one.machine} named {one.master} and {two.machine} named {two.master} for {until - since:.1f} s"
        if until - since > window:
            complaints.append(Complaint(f"{words} from {since:.1f}", since, until))
        elif all(_wrote(fates, reign.machine, since, until) for reign in (one, two)):
            complaints.append(Complaint(f"{words} from {since:.1f}, and both took writes", since, until))
    return Verdict("at most one master is accepted", len(all_of_them), tuple(complaints))


def _wrote(fates: Sequence[Fate], machine: str, since: float, until: float) -> bool:
    """Whether a write through a machine's node was begun and acknowledged in that time."""
    return any(
        fate.outcome == "ok" and fate.machine == machine and since <= fate.since and (fate.until or since) <= until
        for fate in fates
    )
