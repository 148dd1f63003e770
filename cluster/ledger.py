"""A ledger of writes: what Elasticsearch said of each one, and what is there afterwards."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

import elasticsearch

from cluster.errors import InfraError
from cluster.es import SLOW, Copy
from cluster.eventually import eventually
from cluster.machine import Machine

ACTIVE = ("STARTED", "RELOCATING")
"""The states of a copy that answers; one that relocates does so until its successor has started."""

PACE = 0.02
"""Seconds between two writes."""


class Outcome(Enum):
    """What is known of a write."""

    ACKED = "acked"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Store(Protocol):
    """What a ledger needs of Elasticsearch."""

    def accepting(self) -> list[Machine]:
        """Return the machines whose node answers."""

    def client(self, machine: Machine) -> Any:
        """Return the client of a machine's node."""

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


def outcome(failure: Exception | None) -> Outcome:
    """Judge one write by the exception that its only try raised, None for an answer of 2xx.

    4xx and 503 are refusals, except 409: with `op_type=create` and an id of its own it says that the document
    is there, from a try inside Elasticsearch. A connection that was not made is a refusal too; one that broke, or
    a time-out, leaves it unknown.
    """
    if failure is None:
        return Outcome.ACKED
    if isinstance(failure, elasticsearch.ConnectionTimeout):
        return Outcome.UNKNOWN
    if isinstance(failure, elasticsearch.ConnectionError):
        never_made = type(failure.info).__name__ == "NewConnectionError"
        return Outcome.REFUSED if never_made else Outcome.UNKNOWN
    if isinstance(failure, elasticsearch.TransportError):
        status = int(failure.status_code)
        return Outcome.REFUSED if status == 503 or (400 <= status < 500 and status != 409) else Outcome.UNKNOWN
    raise failure


class Ledger:
    """Writes documents to one index and remembers what was said of each.

    The index has one shard, so that each of its copies must have every document.
    """

    def __init__(self, store: Store, index: str) -> None:
        self._store, self.index = store, index
        self._outcomes: dict[str, Outcome] = {}
        self._numbers = itertools.count(1)

    def create(self, only_on: str | None = None, within: float = 60) -> None:
        """Make the index and return when all its copies are started: a promise about writes begins there.

        Its replica factor is the cluster's own; with `only_on`, its one copy is on the node of that name.
        """
        settings: dict[str, object] = {"number_of_shards": 1}
        if only_on is not None:
            settings |= {"number_of_replicas": 0, "routing.allocation.include._name": only_on}
        mapping = {"doc": {"properties": {"n": {"type": "integer"}}}}
        body = {"settings": settings, "mappings": mapping}
        self._store.any().indices.create(self.index, body=body, request_timeout=SLOW)
        eventually(f"every copy of {self.index} is started", self._is_started, within)

    def flush(self) -> None:
        """Have every copy put all that was written on its disk."""
        answer = self._store.any().indices.flush(self.index, request_timeout=SLOW)
        if answer["_shards"]["failed"]:
            raise InfraError(f"{self.index} was not flushed: {answer}")

    def drop(self) -> None:
        """Delete the index."""
        self._store.any().indices.delete(self.index, ignore=404, request_timeout=SLOW)

    def write(self, client: Any) -> Outcome:
        """Write one more document through a node, once."""
        number = next(self._numbers)
        document, failure = f"doc-{number}", None
        try:
            client.index(self.index, "doc", {"n": number}, id=document, op_type="create")
        except elasticsearch.ElasticsearchException as error:
            failure = error
        self._outcomes[document] = outcome(failure)
        return self._outcomes[document]

    def write_some(self, count: int) -> None:
        """Write so many documents, each through another node."""
        nodes = itertools.cycle([self._store.client(machine) for machine in self._store.accepting()])
        for _ in range(count):
            self.write(next(nodes))

    def documents(self, wanted: Outcome) -> list[str]:
        """Return the documents of which this is known."""
        return [document for document, outcome in list(self._outcomes.items()) if outcome is wanted]

    @property
    def counts(self) -> dict[str, int]:
        """How many documents have each outcome."""
        return {outcome.value: len(self.documents(outcome)) for outcome in Outcome}

    @contextmanager
    def writing(self, machines: Callable[[], Sequence[Machine]]) -> Iterator[Writer]:
        """Go on writing in the background, through the nodes of `machines()` in turn, until told, or the block ends."""
        writer = Writer(self, self._store, machines)
        try:
            yield writer
        finally:
            writer.stop()

    def _is_started(self) -> bool:
        copies = self._store.copies(self.index)
        return bool(copies) and all(copy.state == "STARTED" for copy in copies)

    def read_back(self, within: float = 30) -> ReadBack:
        """Read every acknowledged document from every copy, by its id: searching would miss what is not refreshed.

        A copy that moves to another node while it is read cannot be read to its end: then all is read again. What
        is missing is never read again.
        """
        return eventually(f"every copy of {self.index} can be read", self._read, within)

    def _read(self) -> ReadBack:
        copies = [copy for copy in self._store.copies(self.index) if copy.state in ACTIVE and copy.node]
        if not copies:
            raise InfraError(f"no copy of {self.index} is started")
        acked, refused = self.documents(Outcome.ACKED), self.documents(Outcome.REFUSED)
        missing, ghosts = {}, set()
        for copy in copies:
            assert copy.node is not None
            there = self._there(copy.node, [*acked, *refused])
            if absent := [document for document in acked if document not in there]:
                missing[copy.node] = absent
            ghosts |= there.intersection(refused)
        return ReadBack(len(acked), len(copies), missing, sorted(ghosts))

    def _there(self, node: str, documents: Sequence[str]) -> set[str]:
        if not documents:
            return set()
        answer = self._store.any().mget(
            {"ids": list(documents)}, index=self.index, doc_type="doc", preference=f"_only_node:{node}", _source=False
        )
        if failed := [item for item in answer["docs"] if "error" in item]:
            raise InfraError(f"{len(failed)} documents could not be read on {node}: {failed[0]['error']}")
        return {item["_id"] for item in answer["docs"] if item["found"]}


class Writer:
    """A thread that writes to a ledger, one document after another."""

    def __init__(self, ledger: Ledger, store: Store, machines: Callable[[], Sequence[Machine]]) -> None:
        self._ledger, self._store, self._machines = ledger, store, machines
        self._told = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the writing goes on."""
        return self._thread.is_alive()

    def wait_acked(self, more: int, within: float = 30) -> None:
        """Return when so many more writes, begun from now on or under way, have been acknowledged."""
        __tracebackhide__ = True
        ledger = self._ledger
        wanted = ledger.counts["acked"] + more
        eventually(f"{more} more writes are acknowledged", lambda: ledger.counts["acked"] >= wanted, within)

    def stop(self) -> None:
        """End the writing, after the write that is under way."""
        self._told.set()
        self._thread.join(timeout=120)
        if self._thread.is_alive():
            raise InfraError("a write has had no end for 120 s")

    def _run(self) -> None:
        for turn in itertools.count():
            if self._told.wait(PACE):
                return
            if targets := self._machines():
                self._ledger.write(self._store.client(targets[turn % len(targets)]))
