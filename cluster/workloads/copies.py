"""What each copy of an index has: read from one copy after another, by the documents' ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cluster.checkers.books import READ_COPIES, CopyRead, copies_told
from cluster.errors import InfraError
from cluster.es import Copy
from cluster.workloads.operation import told

ACTIVE = ("STARTED", "RELOCATING")
"""The states of a copy that answers; one that relocates does so until its successor has started."""

AT_ONCE = 2000
"""How many documents one request asks for."""


class Copied(Protocol):
    """What a reader of copies needs of Elasticsearch."""

    def copies(self, index: str) -> list[Copy]:
        """Return the copies of an index's shards."""

    def any(self) -> Any:
        """Return the client of a node that answers."""


@dataclass(frozen=True)
class ReadBack:
    """What each copy has of the acknowledged writes: `missing` by the node of the copy."""

    acked: int
    copies: int
    missing: dict[str, list[str]]
    ghosts: list[str]

    def __str__(self) -> str:
        lost = "; ".join(f"{node} lacks {', '.join(documents)}" for node, documents in self.missing.items())
        ghosts = ", ".join(self.ghosts) or "none"
        return f"{self.acked} acked, {self.copies} copies; lost: {lost or 'none'}; refused and there: {ghosts}"


def read_copies(store: Copied, index: str, documents: Sequence[str], expected: int) -> list[CopyRead]:
    """Ask every copy of the index's one shard for the documents, and tell the history what each one has.

    Raises InfraError where no copy is started, or one cannot be read to its end.
    """
    with told("reader of copies", READ_COPIES, index=index) as end:
        copies = [copy for copy in store.copies(index) if copy.state in ACTIVE and copy.node]
        if not copies:
            raise InfraError(f"no copy of {index} is started")
        read = [_read(store, index, copy, documents) for copy in copies]
        end.fields["value"] = copies_told(documents, expected, read)
    if end.failure is not None:
        raise end.failure
    return read


def _read(store: Copied, index: str, copy: Copy, documents: Sequence[str]) -> CopyRead:
    assert copy.node is not None
    found: set[str] = set()
    for first in range(0, len(documents), AT_ONCE):
        found |= _there(store, index, copy.node, documents[first : first + AT_ONCE])
    return CopyRead(copy.node, copy.address or "", frozenset(found))


def _there(store: Copied, index: str, node: str, documents: Sequence[str]) -> set[str]:
    """Return which documents the copy on a node has: by their ids, as a search misses what is not refreshed."""
    answer = store.any().mget(
        {"ids": list(documents)}, index=index, doc_type="doc", preference=f"_only_node:{node}", _source=False
    )
    if failed := [item for item in answer["docs"] if "error" in item]:
        raise InfraError(f"{len(failed)} documents could not be read on {node}: {failed[0]['error']}")
    return {item["_id"] for item in answer["docs"] if item["found"]}
