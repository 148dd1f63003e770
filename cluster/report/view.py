"""A history as the page shows it: pure data, so that every rule of the report has a test without a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from cluster.history import History
from cluster.report import agreement, course, findings, keys, windows
from cluster.report.event import Event, Lane, Told
from cluster.report.findings import Finding, Findings
from cluster.report.machines import Machine
from cluster.report.operations import Operations
from cluster.report.thinning import thinned
from cluster.report.windows import Window

BEFORE, AFTER = 20.0, 10.0
"""Seconds that the page shows at once, before and after what failed first."""

LONG = 600.0
"""Seconds that are too much to be looked at at once."""


@dataclass(frozen=True)
class View:
    """All that is drawn."""

    told: Told
    windows: list[Window]
    findings: list[Finding]
    lanes: list[Lane]
    events: list[Event]
    charts: list[dict[str, Any]]

    @property
    def headline(self) -> tuple[str, str]:
        """The run in a word and in a sentence."""
        return findings.headline(self.findings, self.windows)

    @property
    def first_wrong(self) -> Finding | None:
        """What failed first: that is what the page opens at."""
        wrong = [one for one in self.findings if one.is_wrong]
        return min(wrong, key=lambda one: (one.status != "failed", one.until), default=None)

    @property
    def opening(self) -> tuple[float, float]:
        """The time that the page shows at once: around what failed first, or else all."""
        one = self.first_wrong
        if one is None:
            return 0.0, self.told.end
        tried = [window for window in self.windows if window.was_tried]
        faults = [window.at for window in tried if window.at <= one.until and window.until >= one.at]
        since = one.at
        if faults and (one.until - one.at > LONG or 0 < one.at - faults[-1] < LONG):
            since = faults[-1]  # a long test is shown from its last fault on, a moment from the fault before it
        return max(0.0, since - BEFORE), min(self.told.end, one.until + AFTER)


def view(history: History) -> View:
    """Return what the report says of a history."""
    told = Told(history)
    faults = windows.windows(told)
    course_events = course.events(told)
    nodes, operations = agreement.Agreement(told), Operations(told)
    machines = [Machine(told, name, faults) for name in told.machines]
    lanes = [course.lane(course_events), windows.lane(faults), *nodes.lanes, *(one.lane for one in machines)]
    events = [*course_events, *windows.events(faults), *nodes.events]
    events += [event for one in machines for event in one.events] + keys.events(told) + operations.events
    return View(
        told,
        faults,
        Findings(told, faults, course_events).all(),
        [*lanes, *keys.lanes(told), *operations.lanes],
        sorted(events, key=lambda event: event.at),
        [*operations.charts, *agreement.charts(nodes)],
    )


def as_data(view: View, numbers: dict[str, int], notes: Sequence[str] = ()) -> dict[str, Any]:
    """Return the view as the page has it; `numbers` are the lines' numbers in the file."""
    kept, told_thinned = thinned(view.events)
    history, header = view.told.history, view.told.header
    positions = {position for event in kept for position in event.lines} | {one.position for one in view.findings}
    # A finding names lines that thinning may have left out: they stay.
    found = findings.all_as_data(view.findings, view.events)
    positions |= {line[0] for one in found for line in one["matters"]} | {0}
    positions |= {int(point[1]) for chart in view.charts for point in chart["points"]}
    lines = {position: [numbers.get(history.lines[position], 0), history.lines[position]] for position in positions}
    if history.cut:
        notes = [*notes, f"{history.cut} lines of the history are not whole and were passed over."]
    tone, sentence = view.headline
    return {
        "run": _run(view),
        "tone": tone,
        "headline": sentence,
        "opening": view.opening,
        "findings": found,
        "faults": [windows.as_data(one) for one in view.windows if one.was_tried],
        "lanes": [asdict(lane) for lane in view.lanes],
        "events": [event.as_data() for event in kept],
        "charts": view.charts,
        "lines": lines,
        "notes": [*told_thinned, *notes],
        "entries": len(history.entries),
        "header": {"machines": header.machines},
    }


def _run(view: View) -> dict[str, Any]:
    header = view.told.header
    began = datetime.fromtimestamp(header.epoch, UTC)
    return {
        "name": header.run,
        "cluster": header.cluster,
        "command": header.command,
        "seed": header.seed,
        "epoch": header.epoch,
        "began": f"{began:%Y-%m-%d %H:%M:%S} UTC",
        "end": view.told.end,
    }
