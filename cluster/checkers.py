"""Verdicts on a history: pure functions, so that a bad history can be put before each of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from cluster.leases import Claim, Hold
from cluster.listings import Given, Listing

SKEW = 0.3
"""Seconds by which the times of different observers may differ: the host's ear on etcd, a machine's clock."""

HEARD = 1.0
"""Seconds by which a claim may be heard late: etcd's events carry no time but that of the ear. 0.4 were seen while two
clusters and the fast tests shared two cores. What happened in which order is judged by revisions, without any clock."""


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
    """An Elasticsearch process began, at seconds since the epoch; `machine` is its name or its address."""

    node: str
    machine: str
    at: float


@dataclass(frozen=True)
class View:
    """What one node says of its cluster: the master's node id, None without one, and the state's version."""

    master: str | None
    version: int


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


@dataclass(frozen=True)
class Absence:
    """A machine was cut off or frozen: nobody could tell it anything; `until` is None while it still is."""

    machine: str
    since: float
    until: float | None = None

    def excuses(self, one: Run, two: Run, settled: float) -> bool:
        """Whether one of them was on this machine before it went, the other one took over, and both ended soon enough.

        What begins on the machine while it is away, or after its return, takes over nothing: no time excuses it.
        """
        if self.machine not in (one.machine, two.machine):
            return False
        left, new = (one, two) if one.machine == self.machine else (two, one)
        over = min(one.stop or float("inf"), two.stop or float("inf"))
        return left.start <= self.since <= new.start and (self.until is None or over <= self.until + settled)


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
    """Each process began after it had claimed a hold for itself, and before that hold ended: one claim, one start."""
    complaints = []
    free = [(hold, claim) for hold in holds for claim in hold.claims]
    for start in sorted(starts, key=lambda start: start.at):
        own = [hold for hold in holds if (hold.holder, hold.address) == (start.node, start.machine)]
        fit = [(hold, claim) for hold, claim in free if hold in own and _fits(hold, claim, start)]
        if fit:  # the one that ends first: whoever comes later may need the others
            free.remove(min(fit, key=lambda pair: (pair[0].until or float("inf"), pair[1].revision)))
        else:
            complaints.append(f"{start.node} on {start.machine} began at {start.at:.2f}; it held {_spans(own)}")
    claimed = sum(len(hold.claims) for hold in holds)
    if claimed > len(starts):
        complaints.append(f"{claimed} starts were claimed, {len(starts)} are known")
    return Verdict("each node starts while it holds the lease", len(starts), tuple(complaints))


def each_after_its_predecessor(holds: Sequence[Hold]) -> Verdict:
    """Each start was claimed after the one before it had given the lease back. One start alone proves nothing.

    Judged by etcd's revisions, no clock is involved; that a process follows its claim is for each_starts_holding.
    """
    claimed = sorted(((claim.revision, hold) for hold in holds for claim in hold.claims), key=lambda pair: pair[0])
    complaints = []
    for (_, before), (revision, after) in pairwise(claimed):
        if before.until_revision is None or revision <= before.until_revision:
            ended = f"released at {before.until_revision}" if before.until_revision else "has not released"
            complaints.append(f"{after.holder} started at revision {revision}, {before.holder} {ended}")
    return Verdict("each node starts after its predecessor released", max(0, len(claimed) - 1), tuple(complaints))


def given_the_live_hosts(given: Sequence[Given], listed: Sequence[Listing], otherwise: frozenset[str]) -> Verdict:
    """Each node was given exactly the other hosts that were published while it started; with none there, `otherwise`.

    Judged by etcd's revisions: published at some moment between the node's claim of the lease and the lease's end.
    """
    complaints = []
    for node in given:
        possible = [_others(node, listing) or otherwise for listing in _while_starting(node, listed)]
        if node.hosts not in possible:
            told = " or ".join(", ".join(sorted(hosts)) or "nobody" for hosts in dict.fromkeys(possible))
            complaints.append(f"{node.node} was given {', '.join(sorted(node.hosts)) or 'nobody'}; live was {told}")
    return Verdict("a starting node is given the live hosts", len(given), tuple(complaints))


def never_on_two_machines(
    runs: Sequence[Run], absences: Sequence[Absence] = (), settled: float = 0.0, moved: Collection[str] = ()
) -> Verdict:
    """No unit ran on two machines at once, but on one that was cut off or frozen, and there until shortly after.

    `settled` is how many seconds after its return a machine may go on with what others have taken over meanwhile.
    Units that have `moved` must have been seen on two machines, one after the other: else nothing was observed.
    """
    complaints = []
    for one, two in combinations(sorted(runs, key=lambda run: run.start), 2):
        if one.unit != two.unit or one.machine == two.machine or not one.shared_with(two):
            continue
        if not any(absence.excuses(one, two, settled) for absence in absences):
            both = one.shared_with(two)
            complaints.append(f"{one.unit} ran on {one.machine} and {two.machine} together for {both:.1f} s")
    seen = all(len({run.machine for run in runs if run.unit == unit}) > 1 for unit in moved)
    return Verdict("no unit on two machines", len(runs) if seen else 0, tuple(complaints))


def one_master(views: dict[str, View], nodes: int) -> Verdict:
    """So many nodes answer, and all name the same master (by its id: a name outlives a restart) and the same state."""
    told = ", ".join(f"{node} says {view.master or 'none'} at version {view.version}" for node, view in views.items())
    agreed = len(set(views.values())) == 1 and None not in {view.master for view in views.values()}
    passed = agreed and len(views) == nodes
    return Verdict("one master", len(views), () if passed else (f"{len(views)} of {nodes} answer: {told or 'nobody'}",))


def _fits(hold: Hold, claim: Claim, start: Start) -> bool:
    return claim.at - HEARD <= start.at <= (hold.until or float("inf")) + SKEW


def _while_starting(node: Given, listed: Sequence[Listing]) -> list[Listing]:
    """Return the listing that stood when the node claimed its hold, and those that came while the hold lasted."""
    first = [listing for listing in listed if listing.revision <= node.since][-1:]
    last = float("inf") if node.until is None else node.until
    return first + [listing for listing in listed if node.since < listing.revision <= last]


def _others(node: Given, listing: Listing) -> frozenset[str]:
    return frozenset(host for host in listing.hosts.values() if host.partition(":")[0] != node.address)


def _robbers(holds: Sequence[Hold]) -> list[Hold]:
    return [hold for hold in holds if hold.robbed is not None]


def _spans(holds: Sequence[Hold]) -> str:
    told = []
    for hold in holds:
        claimed = ", ".join(f"{claim.at:.2f}" for claim in hold.claims) or "never"
        told.append(f"{hold.since:.2f} to {hold.until or 'now'}, claimed {claimed}")
    return "; ".join(told) or "never"
