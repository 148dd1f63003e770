"""Journals: nothing bad in them but what is allowed, with its reason, and often only under a fault."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cluster.checkers.spans import Span, spans
from cluster.checkers.verdict import Complaint, Verdict
from cluster.history import History, Mark, Process, Unit

ANY_FAULT = frozenset({"*"})
"""What is allowed during each kind of fault."""

TAKES_NODES = frozenset(
    {
        "kill-process", "freeze-process", "kill-container", "kill-machine", "freeze-machine", "halt-machine",
        "reboot-machine", "partition", "packet-loss", "slow-link", "late-link", "stop-unit",
    }
)  # fmt: skip
"""The faults by which a master loses nodes, or they lose it."""


@dataclass(frozen=True)
class Allowed:
    """A line that may be there under a condition.

    With `during`: while such a fault lasts, and `margin` seconds after it; `there`: on its own machine only. With
    `beside`: where some machine said that at most NEAR seconds before or after. With both: under either of them; with
    none: always.
    """

    pattern: str
    unit: str
    reason: str
    during: frozenset[str] = frozenset()
    margin: float = 60.0
    beside: str = ""
    there: bool = False

    def allows(self, mark: Mark, faults: Sequence[Span], marks: Sequence[Mark]) -> bool:
        """Whether it explains a line, among all that was said."""
        if not re.search(self.pattern, mark.text) or not re.search(self.unit, mark.unit):
            return False
        fitting = [span for span in faults if self.during == ANY_FAULT or span.kind in self.during]
        fitting = [span for span in fitting if not self.there or mark.machine in span.words]
        return (
            not (self.during or self.beside)
            or any(span.touches(mark.at, mark.at, self.margin) for span in fitting)
            or (bool(self.beside) and any(abs(one.at - mark.at) <= NEAR for one in marks if self.is_beside(one)))
        )

    def is_beside(self, mark: Mark) -> bool:
        """Whether a line is the one that makes the other one allowed."""
        return re.search(self.beside, mark.text) is not None


NEAR = 15.0
"""Seconds between two lines that have to do with one another."""

ALLOWED = (
    Allowed(
        r"received shard failed for",
        r"@\d+\.service$",
        "the master is told that a copy on a lost node failed: that is how it learns to make another one",
        ANY_FAULT,
    ),
    Allowed(
        r"received shard failed for .*, s\[INITIALIZING\], unassigned_info\[\[reason=INDEX_CREATED\]",
        r"@\d+\.service$",
        "an index was deleted while its copies were made; what is missing from one that stays, its replicas tell",
    ),
    Allowed(
        r"unexpected failure during \[shard-(?:failed|started) \(",
        r"@\d+\.service$",
        "a master that is one no longer (its nodes go, or follow another one) cannot tell what became of a copy",
        TAKES_NODES,
        beside=r"master left \(reason",
    ),
    Allowed(
        r"ERROR Server monitor triggered: Monitor timed out before successful heartbeat",
        r"^fleet",
        "fleetd has no answer from etcd, and connects anew: the machine or its etcd is away, or the host starves them",
        ANY_FAULT,
        beside="server is likely overloaded",
    ),
    Allowed(
        r"unexpected failure during \[zen-disco-receive\(from master",
        r"@\d+\.service$",
        "a master that was away sends its old state, and the nodes refuse it, as they follow another one by then",
        frozenset({"freeze-machine", "freeze-process", "partition", "packet-loss", "slow-link"}),
    ),
    Allowed(
        r"unexpected failure during \[zen-disco-master_failed \(null\)\]",
        r"@\d+\.service$",
        "a node that comes to hears twice that its master is gone; 1.7.6 calls the second time a failure, and joins",
        frozenset({"freeze-machine", "freeze-process", "partition", "packet-loss", "slow-link"}),
    ),
    Allowed(
        r"java\.io\.IOException: No space left on device|failed engine \[",
        r"@\d+\.service$",
        "the volume with the node's data is full on purpose, and the node says so, and gives up the copies there",
        frozenset({"disk-full"}),
        margin=15.0,
        there=True,
    ),
    Allowed(
        r"ERROR agent: (?:bad|needs)\.service cannot be (?:loaded|started): ",
        r"^fleet",
        "tests/functional submits what systemd does not take, to see that fleet says so; no other unit is called so",
    ),
    Allowed(
        r"ERROR machine id 1{8}a{4}0+a is in use by ",
        r"^fleet",
        "tests/functional gives two machines one id, to see that fleet keeps one out; only its machines have such ids",
    ),
)
"""Each with why it is no defect of what is tested."""


def logs_as_allowed(history: History, allowed: Sequence[Allowed] = ALLOWED) -> Verdict:
    """No machine's journal has a line that is bad (see badness) and not allowed. Counts machines that said anything."""
    faults = spans(history)
    told = {entry.machine for entry in history.entries if isinstance(entry, Unit | Process | Mark)}
    marks = history.of(Mark)
    bad = [mark for mark in marks if mark.level == "error"]
    complaints = [
        Complaint(f"{mark.machine} {mark.unit} at {mark.at:.1f}: {mark.text}", mark.at)
        for mark in bad
        if not any(one.allows(mark, faults, marks) for one in allowed)
    ]
    return Verdict("nothing bad in the journals", len(told), tuple(complaints))
