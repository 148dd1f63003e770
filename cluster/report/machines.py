"""A lane for each machine: what its units did, when its Elasticsearch began, and what its journal says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from cluster.history import Clock, Mark, Process, Unit
from cluster.report.event import Event, Lane, Told, Tone, shortened
from cluster.report.windows import Window

STATES: dict[str, Tone] = {
    "starting": "busy", "active": "good", "stopping": "busy", "failed": "bad"
}  # fmt: skip
"""What a unit's state looks like; an inactive one is not drawn."""

ENDS = ("kill-machine", "halt-machine", "reboot-machine")
"""Faults that end what runs on their machine without a word in its journal."""

MARKS = 12
"""The height of the row with processes and journal lines."""

LEVELS: dict[str, Tone] = {"error": "bad", "warning": "warn"}
DRIFT = 0.25
"""Seconds by which a machine's clock has to move before it is told again."""


class Machine:
    """One machine's rows: its main units high, everything else low, and its marks below."""

    def __init__(self, told: Told, name: str, windows: Sequence[Window]) -> None:
        self._told, self._name, self._labels = told, name, told.header.labels
        units = dict.fromkeys(one.unit for _, one in told.of(Unit) if one.machine == name)
        kinds = sorted({self._kind(unit) for unit in units})
        self._rows = {kind: row for row, kind in enumerate(kinds)}
        self._kinds = kinds
        self._deaths = [
            window.bites or window.at
            for window in windows
            if window.kind in ENDS and name in window.target.replace(",", " ").split()
        ]

    @property
    def lane(self) -> Lane:
        """The machine's lane."""
        heights = tuple(5 if low else 16 for low, _ in self._kinds)
        names = tuple(kind for _, kind in self._kinds)
        address = self._told.header.machines.get(self._name, "")
        return Lane(self._id, self._name, (*heights, MARKS), address, (*names, "journal"), self._name)

    @property
    def events(self) -> list[Event]:
        """All that is told of the machine."""
        return [*self._runs(), *self._processes(), *self._marks(), *self._clocks()]

    @property
    def _id(self) -> str:
        return f"machine:{self._name}"

    def _kind(self, unit: str) -> tuple[bool, str]:
        """Return the row of a unit: whether it is a low one, and the template."""
        template = unit.removesuffix(".service").partition("@")[0]
        return template not in self._labels, template

    def _runs(self) -> Iterator[Event]:
        steps: dict[str, list[tuple[int, Unit]]] = defaultdict(list)
        for position, one in self._told.of(Unit):
            if one.machine == self._name:
                steps[one.unit].append((position, one))
        for unit, told in steps.items():
            ends = [*(one.at for _, one in told[1:]), self._told.end]
            for (position, one), end in zip(told, ends, strict=True):
                if one.state in STATES:
                    yield self._run(unit, one, position, end)

    def _run(self, unit: str, one: Unit, position: int, end: float) -> Event:
        end = min([end, *(death for death in self._deaths if one.at < death < end)])
        low, template = kind = self._kind(unit)
        short = unit.removesuffix(".service").removeprefix(template) or unit
        short = short if len(self._labels) < 2 else unit.removesuffix(".service")
        text = f"{self._name}: {unit} {one.state} for {end - one.at:.1f} s"
        tone = STATES[one.state]
        return Event((position,), one.at, self._id, text, tone, end, self._rows[kind], "thin" if low else "bar", short)

    def _processes(self) -> Iterator[Event]:
        for position, one in self._told.of(Process):
            if one.machine == self._name:
                text = f"{self._name}: the process of {one.node} began"
                yield Event((position,), one.at, self._id, text, "info", None, len(self._kinds), "start")

    def _marks(self) -> Iterator[Event]:
        for position, one in self._told.of(Mark):
            if one.machine == self._name:
                text = shortened(f"{self._name}: {one.unit}: {one.text}")
                tone = LEVELS.get(one.level, "plain")
                yield Event((position,), one.at, self._id, text, tone, None, len(self._kinds))

    def _clocks(self) -> Iterator[Event]:
        """Yield when the machine's clock was found elsewhere than before."""
        before = 0.0
        for position, one in self._told.of(Clock):
            if one.machine == self._name and abs(one.offset - before) > max(DRIFT, one.uncertainty):
                before = one.offset
                text = f"{self._name}: its clock is {one.offset:+.2f} s off, give or take {one.uncertainty:.2f}"
                yield Event((position,), one.at, self._id, text, "warn", None, len(self._kinds))
