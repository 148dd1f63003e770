"""Verdicts on a history: pure functions, so that a bad history can be put before each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from cluster.leases import Hold

SKEW = 0.3
"""Seconds by which the times of different observers may differ: the host's ear on etcd, a machine's journal."""


@dataclass(frozen=True)
class Verdict:
    """Passed, failed (with complaints) or unknown (nothing was there to be judged). True only when passed."""

    question: str
    observed: int
    complaints: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """passed, failed or unknown."""
        if self.complaints:
            return "failed"
        return "passed" if self.observed else "unknown"

    def __bool__(self) -> bool:
        return self.status == "passed"

    def __repr__(self) -> str:
        lines = [f"{self.question}: {self.status}, {self.observed} observed", *self.complaints]
        return "\n  ".join(lines)


@dataclass(frozen=True)
class Start:
    """An Elasticsearch process began on a machine, at seconds since the epoch."""

    node: str
    machine: str
    at: float


@dataclass(frozen=True)
class Run:
    """A unit ran on a machine; `stop` is None while it still does."""

    unit: str
    machine: str
    start: float
    stop: float | None = None

    def shared_with(self, other: Run) -> float:
        """Return for how many seconds the two ran together."""
        end = min(self.stop or float("inf"), other.stop or float("inf"))
        return max(0.0, end - max(self.start, other.start))


def never_two_holders(holds: Sequence[Hold]) -> Verdict:
    """No two hold at once, and none takes what another holds. Judged by etcd's revisions: no clock is involved."""
    complaints = [
        f"{hold.holder} overwrote {hold.robbed}, at revision {hold.since_revision}" for hold in _robbers(holds)
    ]
    for one, two in combinations(holds, 2):
        if one.until_revision is None or two.since_revision < one.until_revision:
            complaints.append(
                f"{two.holder} held from revision {two.since_revision}, "
                f"{one.holder} from {one.since_revision} to {one.until_revision or 'now'}"
            )
    return Verdict("never two holders of the lease", len(holds), tuple(complaints))


def each_starts_holding(starts: Sequence[Start], holds: Sequence[Hold]) -> Verdict:
    """Each process began while its own node held the lease."""
    complaints = []
    for start in starts:
        own = [hold for hold in holds if hold.holder == start.node]
        if not any(hold.covers(start.at, SKEW) for hold in own):
            complaints.append(f"{start.node} began at {start.at:.2f}; it held {_spans(own)}")
    return Verdict("each node starts while it holds the lease", len(starts), tuple(complaints))


def each_after_its_predecessor(starts: Sequence[Start], holds: Sequence[Hold]) -> Verdict:
    """Each process began after the one before it had given the lease back. One start alone proves nothing."""
    ordered = sorted(starts, key=lambda start: start.at)
    complaints = []
    for before, after in pairwise(ordered):
        released = [hold.until for hold in holds if hold.holder == before.node and hold.covers(before.at, SKEW)]
        if not released:
            complaints.append(f"{before.node} never held the lease when it began at {before.at:.2f}")
        elif released[-1] is None or after.at < released[-1] - SKEW:
            complaints.append(f"{after.node} began at {after.at:.2f}, {before.node} released at {released[-1]}")
    return Verdict("each node starts after its predecessor released", len(ordered) - 1, tuple(complaints))


def never_on_two_machines(runs: Sequence[Run], allowed: float = 0.0) -> Verdict:
    """No unit ran on two machines at once for longer than `allowed` seconds."""
    complaints = []
    for one, two in combinations(sorted(runs, key=lambda run: run.start), 2):
        if one.unit == two.unit and one.machine != two.machine and (both := one.shared_with(two)) > allowed:
            complaints.append(f"{one.unit} ran on {one.machine} and {two.machine} together for {both:.1f} s")
    return Verdict("no unit on two machines", len(runs), tuple(complaints))


def one_master(masters: dict[str, str | None]) -> Verdict:
    """Every node that was asked names the same master."""
    named = set(masters.values())
    told = ", ".join(f"{node} says {master or 'none'}" for node, master in masters.items())
    return Verdict("one master", len(masters), () if len(named) == 1 and None not in named else (told or "no node",))


def _robbers(holds: Sequence[Hold]) -> list[Hold]:
    return [hold for hold in holds if hold.robbed is not None]


def _spans(holds: Sequence[Hold]) -> str:
    return ", ".join(f"{hold.since:.2f} to {hold.until or 'now'}" for hold in holds) or "never"
