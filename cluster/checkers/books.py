"""What the history tells of the documents of an index: what was said of each, who saw it, what each copy had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cluster.history import History, Operation
from cluster.history.folding import folded, unfolded

CREATE, READ, READ_COPIES = "create", "read", "read-copies"
"""Operations: write a new document, get a document from whichever copy, get all documents from each copy."""


@dataclass(frozen=True)
class Fate:
    """One write: when it was tried, and what was said of it (ok, fail or unknown) `until` when; None: nothing yet."""

    document: str
    since: float
    until: float | None = None
    outcome: str = "unknown"
    machine: str | None = None


@dataclass(frozen=True)
class Sighting:
    """Somebody read the document, and it was there."""

    document: str
    at: float


@dataclass(frozen=True)
class CopyRead:
    """What one copy had of the documents that were asked for; `machine` is its name or its address."""

    node: str
    machine: str
    found: frozenset[str]


@dataclass(frozen=True)
class Round:
    """All copies of an index, read one after another: each was asked for the same documents."""

    since: float
    until: float
    asked: frozenset[str]
    expected: int
    copies: tuple[CopyRead, ...]


@dataclass
class Book:
    """All of that for one index."""

    index: str
    fates: dict[str, Fate] = field(default_factory=dict)
    sightings: list[Sighting] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)

    def of(self, outcome: str) -> list[Fate]:
        """Return the writes of which this was said."""
        return [fate for fate in self.fates.values() if fate.outcome == outcome]

    @property
    def unread(self) -> str | None:
        """Say that acknowledged documents were never read from the copies afterwards; None where all were."""
        read = {document for one in self.rounds for document in one.asked}
        left = [fate.document for fate in self.of("ok") if fate.document not in read]
        return f"never read from every copy: {', '.join(folded(left))} of {self.index}" if left else None


def books_in(history: History) -> list[Book]:
    """Return a book for each index that was written to, in the order of its name."""
    names = {address: name for name, address in history.header.machines.items()}
    found: dict[str, Book] = {}
    begun: dict[tuple[str, int], Operation] = {}
    for entry in history.of(Operation):
        book = found.setdefault(entry.index or "", Book(entry.index or ""))
        if entry.phase == "invoke":
            begun[entry.process, entry.id] = entry
            if entry.f == CREATE:
                book.fates[entry.document or ""] = Fate(entry.document or "", entry.at, machine=entry.machine)
            continue
        began = begun.pop((entry.process, entry.id), entry)
        if entry.f == CREATE:
            fate = Fate(entry.document or "", began.at, entry.at, entry.phase, began.machine)
            book.fates[fate.document] = fate
        elif entry.f == READ and entry.phase == "ok" and entry.found:
            book.sightings.append(Sighting(entry.document or "", entry.at))
        elif entry.f == READ_COPIES and entry.phase == "ok":
            book.rounds.append(_round(began.at, entry, names))
    return [found[index] for index in sorted(found)]


def copies_told(asked: Iterable[str], expected: int, copies: Sequence[CopyRead]) -> dict[str, Any]:
    """Return what a read of all copies tells the history as its value: `books_in` reads it."""
    read = [{"node": copy.node, "machine": copy.machine, "found": folded(copy.found)} for copy in copies]
    return {"asked": folded(asked), "expected": expected, "copies": read}


def _round(since: float, entry: Operation, names: Mapping[str, str]) -> Round:
    value: Mapping[str, Any] = entry.value
    copies = tuple(
        CopyRead(one["node"], names.get(one["machine"], one["machine"]), unfolded(one["found"]))
        for one in value["copies"]
    )
    return Round(since, entry.at, unfolded(value["asked"]), int(value["expected"]), copies)
