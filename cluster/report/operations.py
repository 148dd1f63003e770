"""What the clients did: how much of it went well, and how long it took; each that did not is an event of its own."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from cluster.history import Operation
from cluster.report.event import Event, Lane, Told, Tone, shortened

CLIENTS = "clients"
BUCKETS = 1800
"""Into how many pieces a run is cut for its charts; a piece is never shorter than a second."""

SLOW = 1.0
"""Seconds from which an operation that went well is worth a mark."""

TONES: dict[str, Tone] = {"fail": "warn", "unknown": "unknown"}
"""How an operation that was not acknowledged is to be taken: it is what a fault may do, so no failure by itself."""


@dataclass
class Bucket:
    """What ended in one piece of the run."""

    counts: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    worst: int = 0
    """The position of the operation that went worst, or took longest: what a click on the piece shows."""
    _badness: tuple[bool, float] = (False, -1.0)

    def add(self, position: int, one: Operation) -> None:
        """Count an operation."""
        self.counts[one.phase] += 1
        if one.took is not None:
            self.took.append(one.took)
        badness = one.phase != "ok", one.took or 0.0
        if badness > self._badness:
            self._badness, self.worst = badness, position


class Operations:
    """The operations of a run."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._width = max(1.0, told.end / BUCKETS)
        self._invoked: dict[int, tuple[int, Operation]] = {}
        self._ended: list[tuple[int, Operation]] = []
        for position, one in told.of(Operation):
            if one.phase == "invoke":
                self._invoked[one.id] = position, one
            else:
                self._ended.append((position, one))
        ended = {one.id for _, one in self._ended}
        self._open = [pair for number, pair in self._invoked.items() if number not in ended]

    @property
    def lanes(self) -> list[Lane]:
        """One lane with what was not acknowledged: nothing, where nothing was asked."""
        if not self._ended and not self._open:
            return []
        counts = Counter(one.phase for _, one in self._ended)
        note = f"{counts['ok']} ok, {counts['fail']} failed, {counts['unknown'] + len(self._open)} unknown"
        return [Lane(CLIENTS, "Clients", (14,), note)]

    @property
    def events(self) -> list[Event]:
        """Each operation; those that went well are in the table only."""
        return [*(self._event(position, one) for position, one in self._ended), *self._unanswered()]

    @property
    def charts(self) -> list[dict[str, Any]]:
        """Operations a second, and how long they took."""
        if not self._ended:
            return []
        found: dict[int, Bucket] = defaultdict(Bucket)
        for position, one in self._ended:
            found[int(one.at / self._width)].add(position, one)
        return [self._rates(found), self._latency(found)]

    def _rates(self, found: dict[int, Bucket]) -> dict[str, Any]:
        kinds = ("ok", "fail", "unknown")
        points = [
            [
                round(number * self._width, 2),
                bucket.worst,
                *(round(bucket.counts[kind] / self._width, 3) for kind in kinds),
            ]
            for number, bucket in sorted(found.items())
        ]
        series = [("ok", "good"), ("failed", "bad"), ("unknown", "unknown")]
        chart = {"id": "rate", "title": "Operations", "unit": "a second", "shape": "stack", "width": self._width}
        return {**chart, "series": series, "points": points}

    def _latency(self, found: dict[int, Bucket]) -> dict[str, Any]:
        points = [
            [
                round(number * self._width, 2),
                bucket.worst,
                round(median(bucket.took), 4),
                round(max(bucket.took), 4),
            ]
            for number, bucket in sorted(found.items())
            if bucket.took
        ]
        chart = {"id": "latency", "title": "Latency", "unit": "seconds", "shape": "range", "width": self._width}
        return {**chart, "series": [("median", "info"), ("slowest", "warn")], "points": points}

    def _event(self, position: int, one: Operation) -> Event:
        first, _ = self._invoked.get(one.id, (position, one))
        took = "" if one.took is None else f" after {one.took:.2f} s"
        said = f": {one.error}" if one.error else ""
        text = shortened(f"{_asked(one)}: {one.phase}{took}{said}")
        slow: Tone = "info" if (one.took or 0) > SLOW else "plain"
        lines = tuple(dict.fromkeys((position, first)))
        if one.phase in TONES:
            return Event(lines, one.at, CLIENTS, text, TONES[one.phase])
        return Event(lines, one.at, CLIENTS, text, slow, shape="tick" if slow == "info" else "none")

    def _unanswered(self) -> Iterator[Event]:
        for position, one in self._open:
            text = shortened(f"{_asked(one)} was never answered in this history")
            yield Event((position,), one.at, CLIENTS, text, "unknown")


def _asked(one: Operation) -> str:
    """Return who asked for what, and where: the page's filter finds an operation by its machine."""
    places = " of ".join(filter(None, (one.node, one.machine)))
    return " ".join(filter(None, (f"{one.process}: {one.f}", one.document, places and f"at {places}")))
