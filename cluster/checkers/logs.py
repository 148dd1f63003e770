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


@dataclass(frozen=True)
class Allowed:
    """A line that may be there: with `during`, only while such a fault lasts and `margin` seconds after it."""

    pattern: str
    unit: str
    reason: str
    during: frozenset[str] = frozenset()
    margin: float = 60.0

    def allows(self, mark: Mark, faults: Sequence[Span]) -> bool:
        """Whether it explains a line."""
        if not re.search(self.pattern, mark.text) or not re.search(self.unit, mark.unit):
            return False
        if not self.during:
            return True
        fitting = [span for span in faults if self.during == ANY_FAULT or span.kind in self.during]
        return any(span.touches(mark.at, mark.at, self.margin) for span in fitting)


ALLOWED = (
    Allowed(
        r"received shard failed for",
        r"@\d+\.service$",
        "the master is told that a copy on a lost node failed: that is how it learns to make another one",
        ANY_FAULT,
    ),
    Allowed(
        r"ERROR Server monitor triggered: Monitor timed out before successful heartbeat",
        r"^fleet",
        "fleetd has no answer from etcd, and puts itself back as it should: the machine or its etcd is away",
        ANY_FAULT,
    ),
)
"""Each with why it is no defect of what is tested."""


def logs_as_allowed(history: History, allowed: Sequence[Allowed] = ALLOWED) -> Verdict:
    """No machine's journal has a line that is bad (see badness) and not allowed. Counts machines that said anything."""
    faults = spans(history)
    told = {entry.machine for entry in history.entries if isinstance(entry, Unit | Process | Mark)}
    bad = [mark for mark in history.of(Mark) if mark.level == "error"]
    complaints = [
        Complaint(f"{mark.machine} {mark.unit} at {mark.at:.1f}: {mark.text}", mark.at)
        for mark in bad
        if not any(one.allows(mark, faults) for one in allowed)
    ]
    return Verdict("nothing bad in the journals", len(told), tuple(complaints))
