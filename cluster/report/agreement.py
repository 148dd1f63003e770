"""The cluster as its nodes see it: the status a row for each node, and whom they call their master."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from cluster.history import Health
from cluster.report.event import Event, Lane, Told, Tone

STATUS, MASTER = "status", "master"
TONES: dict[str, Tone] = {"green": "good", "yellow": "warn", "red": "bad", "no-master": "bad", "silent": "unknown"}
SILENCE = 20.0
"""Seconds after which an answer says nothing of now: nodes are asked every 5."""


@dataclass(frozen=True)
class Moment:
    """What the nodes last said, at the time of one answer."""

    position: int
    at: float
    views: dict[str, Health]

    @property
    def answered(self) -> dict[str, Health]:
        """The nodes that answered, and not too long ago."""
        return {
            place: view for place, view in self.views.items() if view.status != "silent" and self.at - view.at < SILENCE
        }

    @property
    def best(self) -> Health | None:
        """The view that knows most: the one with the most nodes, and of these the newest state."""
        return max(self.answered.values(), key=lambda view: (view.nodes, view.version), default=None)


class Agreement:
    """What the nodes said, each on its own."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._said: dict[str, list[tuple[int, Health]]] = defaultdict(list)
        for position, one in told.of(Health):
            self._said[one.machine].append((position, one))
        self._places = sorted(self._said)

    @property
    def lanes(self) -> list[Lane]:
        """Status, with a row for each machine that was asked, and master."""
        if not self._places:
            return [Lane(STATUS, "Cluster status", (18,), "nobody was asked")]
        rows, names = (8,) * len(self._places), tuple(self._places)
        return [
            Lane(STATUS, "Cluster status", rows, "a row a node", names),
            Lane(MASTER, "Master", (18,), "whom the nodes name"),
        ]

    @property
    def events(self) -> list[Event]:
        """Each time in which a node said the same, and each in which they named the same master."""
        found = [event for row, place in enumerate(self._places) for event in self._statuses(row, place)]
        return [*found, *self._masters()]

    def moments(self) -> Iterator[Moment]:
        """Yield what they last said, after each answer; the same object of views goes on."""
        views: dict[str, Health] = {}
        for position, one in self._told.of(Health):
            views[one.machine] = one
            yield Moment(position, one.at, views)

    def _statuses(self, row: int, place: str) -> Iterator[Event]:
        said = self._said[place]
        nexts = [*(one.at for _, one in said[1:]), self._told.end]
        open_: Event | None = None
        for (position, view), end in zip(said, nexts, strict=True):
            until = min(end, view.at + SILENCE)
            if open_ is not None and open_.text == _text(place, view) and (open_.until or 0) >= view.at:
                open_ = replace(open_, until=until)
                continue
            if open_ is not None:
                yield open_
            tone = TONES.get(view.status, "unknown")
            open_ = Event((position,), view.at, STATUS, _text(place, view), tone, until, row, "thin")
        if open_ is not None:
            yield open_

    def _masters(self) -> Iterator[Event]:
        open_: Event | None = None
        for moment in self.moments():
            tone, short, text = _named(moment)
            if open_ is not None and open_.text == text:
                continue
            if open_ is not None:
                yield replace(open_, until=moment.at)
            open_ = Event((moment.position,), moment.at, MASTER, text, tone, self._told.end, 0, "bar", short)
        if open_ is not None:
            yield open_


def charts(agreement: Agreement) -> list[dict[str, Any]]:
    """Return how many nodes there were, as most and as fewest of them say, and the shards of who knows most."""
    nodes: list[list[float]] = []
    shards: list[list[float]] = []
    for moment in agreement.moments():
        counts, best = [view.nodes for view in moment.answered.values()], moment.best
        _add(nodes, moment, [max(counts, default=0), min(counts, default=0)])
        kinds = ("active", "initializing", "relocating", "unassigned")
        _add(shards, moment, [best.shards.get(kind, 0) if best else 0 for kind in kinds])
    if not nodes:
        return []
    said: list[tuple[str, Tone]] = [("most that one sees", "good"), ("fewest", "bad")]
    states: list[tuple[str, Tone]] = [("active", "good"), ("initializing", "busy"), ("relocating", "info")]
    steps = {"shape": "steps"}
    return [
        {**steps, "id": "nodes", "title": "Nodes", "unit": "in the cluster", "series": said, "points": nodes},
        {
            **steps,
            "id": "shards",
            "title": "Shards",
            "unit": "copies",
            "series": [*states, ("unassigned", "bad")],
            "points": shards,
        },
    ]


def _text(place: str, view: Health) -> str:
    if view.status == "silent":
        return f"{place}: the node does not answer"
    left = [
        f"{view.shards[kind]} {kind}" for kind in ("initializing", "relocating", "unassigned") if view.shards.get(kind)
    ]
    shards = f", shards: {', '.join(left)}" if left else ""
    return f"{place}: {view.node or 'the node'} says {view.status}, {view.nodes} nodes{shards}"


def _named(moment: Moment) -> tuple[Tone, str, str]:
    """Return how the nodes' masters are to be taken, in short and at length."""
    named: dict[str, list[str]] = defaultdict(list)
    for place, view in sorted(moment.answered.items()):
        named[view.master or "none"].append(place)
    told = "; ".join(f"{master} say {', '.join(places)}" for master, places in sorted(named.items()))
    if not named:
        return "unknown", "nobody answers", "master: no node answers"
    masters = sorted(named.keys() - {"none"})
    if not masters:
        return "bad", "no master", f"no master: {', '.join(named['none'])}"
    short = " | ".join(masters)
    return ("plain" if len(named) == 1 else "warn"), short, f"master: {told}"


def _add(points: list[list[float]], moment: Moment, values: list[int]) -> None:
    if not points or points[-1][2:] != values:
        points.append([round(moment.at, 2), moment.position, *values])
