"""A page of bounded size for a run of any size: what there is most of is thinned, evenly, and the reader is told.

Faults, tests, phases, verdicts, units' states, leases and the nodes' opinions are never thinned; charts count all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from cluster.report.event import Event
from cluster.report.operations import CLIENTS

MOST = {
    "operations that went well": 1500,
    "slow operations": 1500,
    "operations that failed or whose outcome is unknown": 8000,
    "journal lines": 2500,
    "warnings of the journals": 4000,
    "errors of the journals": 8000,
}
"""How many of each kind a page has at most: together some 8 MB."""


def thinned(events: Sequence[Event]) -> tuple[list[Event], list[str]]:
    """Return the events that the page gets, and a line for each kind of which it does not get all."""
    kinds: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        kinds[_kind(event)].append(event)
    kept, notes = [], []
    for kind, found in kinds.items():
        most = MOST.get(kind, len(found))
        kept += evenly(sorted(found, key=lambda event: event.at), most)
        if len(found) > most:
            notes.append(f"{most} of {len(found)} {kind} are here, evenly over the run; the charts count them all.")
    return sorted(kept, key=lambda event: event.at), notes


def evenly(events: Sequence[Event], most: int) -> list[Event]:
    """Return at most so many, spread over the whole; the first and the last are among them."""
    if len(events) <= most:
        return list(events)
    step = (len(events) - 1) / (most - 1)
    return [events[round(number * step)] for number in range(most)]


def _kind(event: Event) -> str:
    if event.lane == CLIENTS:
        if event.weight > 1:
            return "operations that failed or whose outcome is unknown"
        return "slow operations" if event.tone == "info" else "operations that went well"
    if event.shape == "tick" and event.lane.startswith("machine:"):
        return {"bad": "errors of the journals", "warn": "warnings of the journals"}.get(event.tone, "journal lines")
    return "other"
