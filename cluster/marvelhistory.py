"""Marvel's history, as the recorders have stored it, and whether it tells the story that the suite has seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from cluster import bounds, marvelzip
from cluster.es import Es, Node
from cluster.eventually import eventually, scaled
from cluster.say import Say
from cluster.settings import Settings

INDICES = ".marvel-*"
MOST = 10_000
"""Documents of one story; a sample every ten seconds of each of five nodes is 30 a minute."""

HOLE = 20.0
"""Seconds between two documents of a recorder that runs: a sample is taken every 10, and one may come late."""

DELIVERED = 20.0
"""Seconds until what was recorded can be found: at most 5 until a delivery is tried again, and 5 until it is seen."""


@dataclass(frozen=True)
class Told:
    """A document of the history; `at` is in seconds since the epoch."""

    at: float
    type: str
    subject: str
    observer: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        more = {name: value for name, value in self.fields.items() if name in SHOWN and value is not None}
        return f"{self.at:.1f} {self.type} {self.subject} (by {self.observer}) {more}"


Expectation = tuple[Told | None, float, float]
"""What is told of something, and from when to when it may have been."""

Expected = Mapping[str, Expectation]

SHOWN = ("node_id", "ip", "from_ip", "status", "previous", "cause", "duration_ms")


def told(es: Es, since: float) -> list[Told]:
    """Return what is stored of the time since then, samples too, oldest first."""
    client = es.any()
    client.indices.refresh(INDICES, ignore_unavailable=True)
    query = {"query": {"range": {"@timestamp": {"gte": int(since * 1000)}}}, "sort": "@timestamp", "size": MOST}
    found = client.search(index=INDICES, doc_type="event,sample", body=json.dumps(query))
    shards = found["_shards"]
    assert shards["successful"] == shards["total"] > 0, shards
    return [_told(hit["_type"], hit["_source"]) for hit in found["hits"]["hits"]]


@dataclass(frozen=True)
class Loss:
    """A machine that was lost, as the suite has seen it: its node, and where its instance has gone, by when.

    It was lost after `since` and before `at`: a fault takes a while until it has proved that it bites.
    """

    since: float
    at: float
    node: Node
    address: str
    was_master: bool
    to: str
    mended: float

    def complaints(self, history: Sequence[Told]) -> Iterator[str]:
        """Yield what the history does not tell of it, or tells otherwise."""
        expected = {**self._noticed(history), **self._moved(history), **self._mended(history)}
        yield from _untold(expected, self.since)
        left, joined = expected["its node left"][0], expected["its node has joined elsewhere"][0]
        if left is not None and joined is not None and joined.at < left.at:
            yield "the node joins elsewhere before it has left"

    def _noticed(self, history: Sequence[Told]) -> Expected:
        since, elected = self.since, self.at + scaled(bounds.ELECTED)
        left = first(history, "node_left", since, node_id=self.node.id)
        missed = elected if self.was_master else self.at + scaled(bounds.NODE_MISSED)
        gone = first(history, "host_gone", since, ip=self.address)
        # By its id: the name is known to those only that have seen the node, and any of them may tell it first.
        unassigned = first(history, "copy_unassigned", since, details=f"node_left[{self.node.id}]")
        expected: dict[str, Expectation] = {
            "its node left": (left, since, missed),
            "its host is gone": (gone, since, self.at + scaled(bounds.HOST_GONE)),
            "the status turned yellow": (first(history, "status", since, status="yellow"), since, elected),
            "a copy lost its node": (unassigned, since, self.mended),
        }
        if self.was_master:
            lost = first(history, "master_lost", since, node_id=self.node.id)
            expected["its master is lost"] = (lost, since, elected)
            expected["another master"] = (first(history, "master_elected", since), since, elected)
        return expected

    def _moved(self, history: Sequence[Told]) -> Expected:
        """No node starts without the lease; that ends shortly after the node is up."""
        here = {"subject": self.node.name, "ip": self.to}
        moved = first(history, "instance_moved", self.since, from_ip=self.address, **here)
        taken, free = (first(history, type, self.since, **here) for type in ("lease_taken", "lease_free"))
        joined = first(history, "node_joined", self.since, **here)
        until = self.mended + scaled(SEEN)
        return {
            "its instance has moved": (moved, self.since, until),
            "its instance holds the startup lease": (taken, self.since, until),
            "the lease is free again": (free, self.since, self.mended + scaled(LEASE)),
            "its node has joined elsewhere": (joined, self.since, until),
        }

    def _mended(self, history: Sequence[Told]) -> Expected:
        until = self.mended + scaled(SEEN)
        green = last(history, "status", self.since, until, status="green")
        rebuilt = first(history, "copy_started", self.since, source="REPLICA")
        return {
            "the status is green again": (green, self.since, until),
            "a copy was rebuilt": (rebuilt, self.since, until),
        }


@dataclass(frozen=True)
class Halt:
    """A whole cluster that was switched off: when that began, when nothing ran any more, when it was green again.

    `last` are the nodes that ran without a master before they were switched off, too.
    """

    began: float
    off: float
    green: float
    nodes: Collection[str]
    last: Collection[str]

    def complaints(self, history: Sequence[Told]) -> Iterator[str]:
        """Yield what the history does not tell: of the time without a master, which only the spools have kept."""
        without = [event for event in history if event.observer in self.last]
        until, seen = self.off, self.green + scaled(SEEN)
        lost = first(without, "master_lost", self.began)
        expected: dict[str, Expectation] = {
            "the master is lost for those that are left": (lost, self.began, until),
            "they say so": (first(without, "status", self.began, status="no-master"), self.began, until),
            "another master": (first(history, "master_elected", self.off), self.off, seen),
            "green again": (last(history, "status", self.off, seen, status="green"), self.off, seen),
        }
        for node in self.nodes:
            started = last(history, "recorder_started", self.off, seen, observer=node)
            expected[f"the recorder of {node} began again"] = (started, self.off, seen)
            process = last(history, "process_started", self.off, seen, subject=node)
            expected[f"{node} started again"] = (process, self.off, seen)
        yield from _untold(expected, self.began)


LEASE = 15.0 + 3.0
"""Seconds after its node is up in which a lease is free: where giving it back failed it ends after LEASE_TTL (15), and
that may be seen later by SEEN."""

SEEN = 3.0
"""Seconds by which a recorder, which looks now and then, may see something later than the suite."""


def _untold(expected: Expected, zero: float) -> Iterator[str]:
    """Yield what is not told, and what is told of another time than from the first to the second moment."""
    for what, (event, earliest, latest) in expected.items():
        if event is None:
            yield f"not told: {what}"
        elif not earliest - SEEN <= event.at <= latest:
            yield f"{what} at {event.at - zero:.1f} s, not from {earliest - zero:.1f} to {latest - zero:.1f} s: {event}"


def first(history: Sequence[Told], type: str, since: float = 0.0, **wanted: Any) -> Told | None:
    """Return the earliest event of a type, since a moment, whose fields are these."""
    return next((event for event in history if _is(event, type, since, wanted)), None)


def last(history: Sequence[Told], type: str, since: float, until: float, **wanted: Any) -> Told | None:
    """Return the latest one, up to a moment."""
    found = [event for event in history if event.at <= until and _is(event, type, since, wanted)]
    return found[-1] if found else None


def holes(history: Sequence[Told], observers: Collection[str], since: float, until: float) -> Iterator[str]:
    """Yield where a recorder that ran all the time has nothing to tell for longer than HOLE."""
    if not observers:
        yield "no observer was looked at"
    for observer in sorted(observers):
        moments = [event.at for event in history if event.observer == observer and since <= event.at <= until]
        edges = [since, *sorted(moments), until]
        for begin, end in pairwise(edges):
            if end - begin > scaled(HOLE):
                yield f"{observer} tells nothing from {begin - since:.1f} to {end - since:.1f} s"


def tells(
    es: Es, since: float, complaints: Callable[[Sequence[Told]], Iterator[str]], settings: Settings, say: Say
) -> None:
    """Wait until the history has no complaint, as its delivery takes a while; it fails with all it tells.

    With another Marvel than the project's no recorder runs, and there is no history: that is said, and not looked for.
    """
    if settings.marvel_zip is not None:
        say(f"{marvelzip.VARIABLE}: another Marvel is served, so nothing is recorded: no history is looked at")
        return
    seen: list[Told] = []

    def untold() -> bool:
        seen[:] = told(es, since)
        found[:] = list(complaints(seen)) if seen else ["nothing is told"]
        return not found

    found: list[str] = []
    eventually("Marvel's history tells it", untold, DELIVERED, context=lambda: "\n".join([*found, *map(str, seen)]))


def _is(event: Told, type: str, since: float, wanted: Mapping[str, Any]) -> bool:
    fields = {"subject": event.subject, "observer": event.observer, **event.fields}
    return event.type == type and event.at >= since - SEEN and all(fields.get(k) == v for k, v in wanted.items())


def _told(kind: str, source: Mapping[str, Any]) -> Told:
    fields = dict(source)
    at, type = fields.pop("@timestamp") / 1000, fields.pop("type", kind)
    return Told(at, type, fields.pop("subject", ""), fields.pop("observer"), fields)
