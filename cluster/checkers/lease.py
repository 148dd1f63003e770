"""The startup lease: one holder at a time, one start a hold, each start after its predecessor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from cluster.checkers.verdict import Complaint, Verdict
from cluster.etcd import Change
from cluster.history import Clock, History, Key, Process
from cluster.leases import Claim, Hold, holds
from cluster.recorder import Event

LOCKS = "/locks/"
"""What the keys of the startup leases begin with; a label's own one ends with the label."""

SKEW = 0.3
"""Seconds by which the times of different observers may differ: the host's ear on etcd, a machine's clock."""

HEARD = 1.0
"""Seconds by which a claim may be heard late: etcd's events carry no time but that of the ear. 0.4 were seen while two
clusters and the fast tests shared two cores. What happened in which order is judged by revisions, without any clock."""


@dataclass(frozen=True)
class Start:
    """An Elasticsearch process began, at seconds since the epoch; `machine` is its name or its address."""

    node: str
    machine: str
    at: float


def holds_in(history: History) -> dict[str, list[Hold]]:
    """Return the holds of each startup lease, by its key."""
    events: dict[str, list[Event]] = {}
    for entry in history.of(Key):
        if entry.key.startswith(LOCKS):
            change = Change(entry.key, entry.value, entry.revision)
            events.setdefault(entry.key, []).append(Event(entry.at, change))
    return {key: holds(sorted(told, key=lambda event: event.revision)) for key, told in events.items()}


def starts_in(history: History) -> dict[str, list[Start]]:
    """Return when the processes of the nodes began, by the key of their label's lease."""
    found: dict[str, list[Start]] = {}
    for entry in history.of(Process):
        start = Start(entry.node, history.header.machines.get(entry.machine, entry.machine), entry.at)
        found.setdefault(LOCKS + entry.node.rpartition("-")[0], []).append(start)
    return found


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


def heard_late(history: History) -> float:
    """Return by how much a claim may be heard late in a run: HEARD, and more where an ssh command took long, too.

    On a host that starves everybody, an event of etcd waits for its ear as a command waits for its answer.
    """
    return HEARD + 2 * max((clock.uncertainty for clock in history.of(Clock)), default=0.0)


def each_starts_holding(
    starts: Sequence[Start], holds: Sequence[Hold], all_known: bool = True, heard: float = HEARD
) -> Verdict:
    """Each process began after it had claimed a hold for itself, and before that hold ended: one claim, one start.

    Where processes are killed, one that has claimed may never have said a word: then not all starts are known.
    """
    complaints: list[str] = []
    free = [(hold, claim) for hold in holds for claim in hold.claims]
    for start in sorted(starts, key=lambda start: start.at):
        own = [hold for hold in holds if (hold.holder, hold.address) == (start.node, start.machine)]
        fit = [(hold, claim) for hold, claim in free if hold in own and _fits(hold, claim, start, heard)]
        if fit:  # the one that ends first: whoever comes later may need the others
            free.remove(min(fit, key=lambda pair: (pair[0].until or float("inf"), pair[1].revision)))
        else:
            words = f"{start.node} on {start.machine} began at {start.at:.2f}; it held {_spans(own)}"
            complaints.append(Complaint(words, start.at))
    claimed = sum(len(hold.claims) for hold in holds)
    if all_known and claimed > len(starts):
        complaints.append(f"{claimed} starts were claimed, {len(starts)} are known")
    return Verdict("each node starts while it holds the lease", len(starts), tuple(complaints))


def each_after_its_predecessor(holds: Sequence[Hold]) -> Verdict:
    """Each start was claimed after the one before it had given the lease back. One start alone proves nothing.

    Judged by etcd's revisions, no clock is involved; that a process follows its claim is for each_starts_holding.
    """
    claimed = sorted(((claim.revision, hold) for hold in holds for claim in hold.claims), key=lambda pair: pair[0])
    overwritten = {hold.since_revision for hold in _robbers(holds)}
    complaints = []
    for (_, before), (revision, after) in pairwise(claimed):
        given_back = before.until_revision is not None and before.until_revision not in overwritten
        if not given_back or revision <= (before.until_revision or 0):
            ended = f"released at {before.until_revision}" if given_back else "has not released"
            complaints.append(f"{after.holder} started at revision {revision}, {before.holder} {ended}")
    return Verdict("each node starts after its predecessor released", max(0, len(claimed) - 1), tuple(complaints))


def _fits(hold: Hold, claim: Claim, start: Start, heard: float) -> bool:
    return claim.at - heard <= start.at <= (hold.until or float("inf")) + SKEW


def _robbers(holds: Sequence[Hold]) -> list[Hold]:
    return [hold for hold in holds if hold.robbed is not None]


def _spans(holds: Sequence[Hold]) -> str:
    told = []
    for hold in holds:
        claimed = ", ".join(f"{claim.at:.2f}" for claim in hold.claims) or "never"
        told.append(f"{hold.since:.2f} to {hold.until or 'now'}, claimed {claimed}")
    return "; ".join(told) or "never"
