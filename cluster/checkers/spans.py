"""Which faults there were, on what, and from when to when: read from the history."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cluster.history import Fault, History, Phase

OFF = frozenset({"kill-machine", "halt-machine", "reboot-machine"})
"""Faults that take a machine's power: nothing runs there from when they bite."""

SILENT = frozenset({"freeze-machine", "partition", "packet-loss", "engine-leader-loss", "etcd-leader-loss"})
"""Faults after which nobody may be able to tell a machine what others have taken over: etcd's leader is on one, too."""

OF_PROCESSES, TOLD_BY = frozenset({"kill-process", "freeze-process"}), ("fleet", "etcd")
"""The same, where the process is one of those that would tell."""


TRANSPORT = frozenset({"all", "elasticsearch", "9300"})
"""What a partition cuts off that comes between the nodes."""


@dataclass(frozen=True)
class Span:
    """A fault from its injection until it was proven healed; `until` is None while it is not.

    `bit` is when it was proven to bite, None where it never was.
    """

    kind: str
    target: str
    since: float
    bit: float | None = None
    until: float | None = None
    words: frozenset[str] = frozenset()
    """All words of its target and its options."""
    only: frozenset[str] = frozenset({"all"})
    """What alone it cuts off, of a partition: a service's word, or ports."""
    hit: frozenset[str] = frozenset()
    """The machines that it is told to have hit, where its target names none."""

    @property
    def meets_elasticsearch(self) -> bool:
        """Whether it came between the nodes: not, where only other ports were cut."""
        return not self.only.isdisjoint(TRANSPORT)

    @property
    def takes_power(self) -> bool:
        """Whether the target has no power while it lasts."""
        return self.kind in OFF

    @property
    def silences(self) -> bool:
        """Whether nobody can tell the target anything while it lasts."""
        return self.kind in SILENT or (
            self.kind in OF_PROCESSES and any(word.startswith(TOLD_BY) for word in self.words)
        )

    def touches(self, since: float, until: float, margin: float = 0.0) -> bool:
        """Whether it was there at some moment of a span of time, or at most `margin` seconds before."""
        return self.since <= until and (self.until is None or since <= self.until + margin)

    def on(self, history: History) -> list[str]:
        """Return the machines that its target or an option names, or that it is told to have hit.

        Where several are cut off, also those that are left may be the ones that nobody can tell.
        """
        everywhere = list(history.header.machines)
        named = [machine for machine in everywhere if machine in self.words | self.hit]
        return everywhere if self.kind == "partition" and len(named) > 1 else named


def spans(history: History) -> list[Span]:
    """Return the faults in the order in which they began; one that was not to be had is none.

    What was never healed ends at the latest with its cluster: it is no excuse on the next one.
    """
    found: dict[int, Span] = {}
    for entry in history.of(Fault):
        if entry.phase == "inject":
            kind, target = str(entry.fault.get("kind")), str(entry.fault.get("target"))
            found[entry.id] = Span(kind, target, entry.at, only=_only(entry))
        if entry.id in found:
            found[entry.id] = _grown(found[entry.id], entry)
    removals = [phase.at for phase in history.of(Phase) if (phase.name, phase.phase) == ("down", "end")]
    return sorted((_ended(span, removals) for span in found.values()), key=lambda span: span.since)


def _grown(span: Span, fault: Fault) -> Span:
    """Return the span as one more phase tells it: in any of them it may have come to mean, or to hit, more machines."""
    words = re.split(r"[\s,/]+", " ".join(map(str, fault.fault.values())))
    span = replace(span, words=span.words.union(words), hit=span.hit.union(fault.machines))
    if fault.phase == "bites":
        return replace(span, bit=fault.at)
    return replace(span, until=fault.at) if fault.phase == "healed" else span


def _ended(span: Span, removals: Sequence[float]) -> Span:
    """Return the span as ended by the next removal of the cluster, where nothing ended it before."""
    ends = [at for at in (span.until, *removals) if at is not None and at >= span.since]
    return replace(span, until=min(ends, default=None))


def _only(fault: Fault) -> frozenset[str]:
    return frozenset(str(fault.fault.get("only", "all")).split(","))
