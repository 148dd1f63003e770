"""Machines of which nothing was heard, or nothing any more: who says nothing may have died without a word."""

from __future__ import annotations

from collections.abc import Sequence

from cluster.checkers.spans import Span, spans
from cluster.history import Clock, Health, Heard, History, Mark, Observer, Process, Unit

LATE = 20.0
"""Seconds after which a sign that a machine wrote into its journal must have been seen there: it is looked at twice a
second, and machines answer ssh at all only where they are not starved."""


def of(history: History, relied: str) -> list[str]:
    """Say of which machines nothing came from the journals, or from the nodes' own words, where one relies on those.

    Each machine's journal speaks from its boot on, whatever runs there. Only a machine with a node is asked for health.
    """
    told = []
    if "journal" in relied:
        heard = {entry.machine for entry in history.entries if isinstance(entry, Unit | Process | Mark)}
        told += _missing("the journal", set(history.header.machines) - heard)
        told += _silent(history)
    if "health" in relied:
        nodes = {process.machine for process in history.of(Process)}
        told += _missing("the node", nodes - {health.machine for health in history.of(Health)})
    return told


def _missing(what: str, machines: set[str]) -> list[str]:
    return [f"nothing was heard of {what} on {', '.join(sorted(machines))}"] if machines else []


def _silent(history: History) -> list[str]:
    """Say of which machines the journal went silent, though they answered, and said that they had written into it.

    A machine that is off, frozen or on its way answers nobody, and is not asked of; a journal is in order, so who saw
    the last sign saw what was before it.
    """
    seen = {(one.machine, one.sign) for one in history.of(Heard)}
    asked: dict[str, list[Clock]] = {}
    gone = [span for span in spans(history) if span.takes_power or span.kind == "freeze-machine"]
    for clock in history.of(Clock):
        if clock.sign is not None and _is_due(clock, history, gone):
            asked.setdefault(clock.machine, []).append(clock)
    told = []
    for machine, clocks in sorted(asked.items()):
        unseen = next((n for n, clock in enumerate(reversed(clocks)) if (machine, clock.sign) in seen), len(clocks))
        if unseen:
            told.append(f"nothing was heard of the journal on {machine} from {clocks[-unseen].at:.1f} on")
    return told


def _is_due(clock: Clock, history: History, gone: Sequence[Span]) -> bool:
    """Whether a sign must have been seen: somebody looked for long enough, and the machine stayed for it."""
    name, late = f"journal {clock.machine}", clock.at + LATE * history.header.factor
    ends = [one.at for one in history.of(Observer) if one.name == name and one.phase != "begin" and one.at >= clock.at]
    stayed = not any(span.touches(clock.at, late) for span in gone if clock.machine in span.on(history))
    return stayed and min(ends, default=history.ended) >= late
