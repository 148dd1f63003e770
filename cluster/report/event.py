"""What the page can show: something that happened at a moment, or lasted, and the lines of the history that say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from cluster.history import Entry, History

E = TypeVar("E", bound=Entry)

Tone = Literal["good", "busy", "plain", "info", "fault", "known", "warn", "unknown", "bad"]
"""How it is to be taken: the page has a colour and a word for each."""

WEIGHT: dict[Tone, int] = {"bad": 3, "unknown": 2, "warn": 2, "fault": 2, "known": 2}
"""How much it matters: 3 is never left out, what is not here is 1."""

Shape = Literal["bar", "thin", "tick", "start", "none"]
"""How it is drawn: over a time high or low, at a moment as a line or as a triangle; or in the table only."""


@dataclass(frozen=True)
class Event:
    """`lines` are positions in the history, the first one is shown first. `until` is None for a moment.

    `row` is a row of the lane; `short` is written into a bar where there is room, `text` says all.
    """

    lines: tuple[int, ...]
    at: float
    lane: str
    text: str
    tone: Tone = "plain"
    until: float | None = None
    row: int = 0
    shape: Shape = "tick"
    short: str = ""

    @property
    def weight(self) -> int:
        """How much it matters: 1 to 3."""
        return WEIGHT.get(self.tone, 1)

    def overlaps(self, since: float, until: float) -> bool:
        """Whether it goes on, or happens, in that time."""
        return self.at <= until and (self.at if self.until is None else self.until) >= since

    def as_data(self) -> dict[str, Any]:
        """Return it as the page has it: what is empty is left out, for thousands of them are in one file."""
        data = {
            "lines": self.lines,
            "at": round(self.at, 3),
            "until": None if self.until is None else round(self.until, 3),
            "lane": self.lane,
            "row": self.row,
            "tone": self.tone,
            "shape": self.shape,
            "short": self.short,
            "text": self.text,
        }
        return {key: value for key, value in data.items() if value not in (None, "", 0) or key == "at"}


@dataclass(frozen=True)
class Lane:
    """A named strip of the timeline: `rows` are the heights of its rows in pixels, `names` what they are called."""

    id: str
    title: str
    rows: tuple[int, ...]
    note: str = ""
    names: tuple[str, ...] = ()
    machine: str = ""


class Told:
    """A history whose entries know their position: that is what an event is traced back to."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.header = history.header
        self.end = max(history.ended, 0.001)
        """The time of the last entry; never 0, for the page divides by it."""
        self._kinds: dict[type[Entry], list[tuple[int, Any]]] = defaultdict(list)
        for position, entry in enumerate(history.entries):
            self._kinds[type(entry)].append((position, entry))

    def of(self, kind: type[E]) -> Sequence[tuple[int, E]]:
        """Return the entries of a kind with their positions, in order of time."""
        return self._kinds[kind]

    @property
    def machines(self) -> list[str]:
        """The machines by name: those of the header, and those that anything was told of."""
        named = {str(getattr(entry, "machine", None) or "") for entry in self.history.entries} - {""}
        return list(self.header.machines) + sorted(named - self.header.machines.keys())


def packed(spans: Sequence[tuple[float, float]]) -> list[int]:
    """Return a row for each span, in order of their beginnings, so that none in a row overlaps the next."""
    ends: list[float] = []
    rows = []
    for since, until in spans:
        row = next((row for row, end in enumerate(ends) if end <= since), len(ends))
        ends[row : row + 1] = [until]
        rows.append(row)
    return rows


def shortened(text: str, most: int = 400) -> str:
    """Return a text that fits a line of the page; the raw line has the rest."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
