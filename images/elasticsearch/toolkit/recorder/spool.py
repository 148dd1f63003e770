"""The spool: what was recorded and is not delivered yet, in its order, on the machine's disk.

While the disk takes nothing, and where the limit is 0, memory has to do: for less, and not beyond the process.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.journal import Repeated

from .segments import Place, Segments

IN_MEMORY = 2000
"""Documents that are kept in memory at most."""

BYTES_IN_MEMORY = 4 * 1024 * 1024
"""Bytes that they have at most: one placement may have hundreds of thousands."""

MOST = 500
"""Documents in one delivery."""


@dataclass(frozen=True)
class Document:
    """What is to be stored: `kind` is Elasticsearch's _type; an id that is stored already is stored once."""

    kind: str
    id: str
    fields: Mapping[str, Any]

    def line(self) -> bytes:
        """Return it as the spool has it."""
        return json.dumps([self.kind, self.id, self.fields], separators=(",", ":")).encode()


@dataclass(frozen=True)
class Batch:
    """Documents that are next, and where they end: a place on the disk, or the lines themselves if in memory."""

    documents: Sequence[Document]
    end: Place | list[bytes]


class Spool:
    """Keeps documents until they are settled; `lost` is how many could not be kept since it was last asked."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._disk = Segments(folder, limit) if limit > 0 else None
        self._memory: deque[bytes] = deque()
        self._lost = 0
        self._has_more = True
        self._journal = Repeated()

    def keep(self, documents: Sequence[Document], durably: bool = True) -> None:
        """Add documents behind all that are there."""
        self._memory.extend(document.line() for document in documents)
        self._has_more = self._has_more or bool(documents)
        if self._disk is not None and self._memory:
            try:
                self._disk.append(list(self._memory), durably)
                self._memory.clear()
                self._lost += self._disk.trim()
            except OSError as error:
                self._journal.say(f"the spool cannot be written, memory has to do: {error}")
        held = sum(len(line) for line in self._memory)
        while len(self._memory) > IN_MEMORY or held > BYTES_IN_MEMORY:
            held -= len(self._memory.popleft())
            self._lost += 1

    def next(self) -> Batch | None:
        """Return the documents that are next, or None."""
        if not self._has_more:
            return None
        if self._disk is not None:
            try:
                lines, place = self._disk.read()
            except OSError:
                lines, place = [], Place()
            if lines:
                return self._cut(lines, place)
        some = list(self._memory)[:MOST]
        self._has_more = bool(some)
        return Batch(_documents(some), some) if some else None

    def settle(self, batch: Batch) -> None:
        """Forget the documents of the batch, which was the last one that `next` returned."""
        if isinstance(batch.end, Place):
            assert self._disk is not None
            try:
                self._disk.delivered(batch.end)
            except OSError as error:
                # In memory it is known; after a crash it is delivered again, under the same ids.
                self._journal.say(f"the spool cannot be marked: {error}")
            return
        for line in batch.end:
            if self._memory and self._memory[0] is line:  # else it went to the disk meanwhile, or was dropped
                self._memory.popleft()

    def lost(self) -> int:
        """Return how many documents were dropped since this was asked last."""
        lost, self._lost = self._lost, 0
        return lost

    def written_last(self) -> float | None:
        """Return when this machine recorded last, in seconds since the epoch; None where that is not known."""
        return None if self._disk is None else self._disk.written_last()

    def _cut(self, lines: list[bytes], place: Place) -> Batch:
        dropped = lines[MOST:]
        behind = sum(len(line) + 1 for line in dropped)
        return Batch(_documents(lines[:MOST]), Place(place.segment, place.offset - behind))


def _documents(lines: Sequence[bytes]) -> list[Document]:
    """Read lines; one that a disk has spoilt is passed over."""
    found = []
    for line in lines:
        try:
            kind, id, fields = json.loads(line)
            found.append(Document(str(kind), str(id), dict(fields)))
        except (ValueError, TypeError):
            continue
    return found
