"""A ledger of writes: what Elasticsearch said of each one, and what is there afterwards."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Any, Protocol

from cluster.checkers.books import CREATE, READ
from cluster.errors import InfraError
from cluster.es import SLOW, Copy
from cluster.eventually import eventually
from cluster.label import COPIES
from cluster.machine import Machine
from cluster.workloads.clients import Reader, Writer
from cluster.workloads.copies import ReadBack, read_copies
from cluster.workloads.operation import told
from cluster.workloads.outcome import Outcome


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


class Ledger:
    """Writes documents to one index, remembers what was said of each, and tells the history.

    The index has one shard, so that each of its copies must have every document.
    """

    def __init__(self, store: Store, index: str) -> None:
        self._store, self.index = store, index
        self._outcomes: dict[str, Outcome] = {}
        self._numbers = itertools.count(1)
        self._copies = COPIES
        self._random = random.Random(index)

    def create(self, only_on: str | None = None, within: float = 60) -> None:
        """Make the index and return when all its copies are started: a promise about writes begins there.

        Its replica factor is the cluster's own; with `only_on`, its one copy is on the node of that name.
        """
        settings: dict[str, object] = {"number_of_shards": 1}
        if only_on is not None:
            self._copies = 1
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

    def write(self, machine: Machine, process: str = "writer") -> Outcome:
        """Write one more document through a machine's node, once."""
        number = next(self._numbers)
        document, client = f"doc-{number}", self._store.client(machine)
        with told(process, CREATE, machine=str(machine), index=self.index, document=document) as end:
            client.index(self.index, "doc", {"n": number}, id=document, op_type="create")
        self._outcomes[document] = end.outcome
        return end.outcome

    def read(self, machine: Machine, process: str = "reader") -> bool | None:
        """Get one of the documents through a machine's node, once: was it there? None where nobody answered."""
        tried = list(self._outcomes)
        if not tried:
            return None
        document, client = self._random.choice(tried), self._store.client(machine)
        with told(process, READ, machine=str(machine), index=self.index, document=document) as end:
            answer = client.get(self.index, document, doc_type="doc", _source=False, ignore=404)
            end.fields["found"] = bool(answer.get("found"))
        return end.fields.get("found")

    def write_some(self, count: int) -> None:
        """Write so many documents, each through another node."""
        machines = itertools.cycle(self._store.accepting())
        for _ in range(count):
            self.write(next(machines))

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
        with closing(Writer(self, machines)) as writer:
            yield writer

    @contextmanager
    def reading(self, machines: Callable[[], Sequence[Machine]], readers: int = 1) -> Iterator[list[Reader]]:
        """Go on reading in the background, whatever was tried to be written, until the block ends."""
        with ExitStack() as stack:
            numbers = range(1, readers + 1)
            yield [stack.enter_context(closing(Reader(self, machines, f"reader-{number}"))) for number in numbers]

    def read_back(self, within: float = 30, through: Store | None = None) -> ReadBack:
        """Read every document from every copy, by its id: searching would miss what is not refreshed.

        While a machine is cut off, `through` are the others: a master that is alone answers for a while.

        A copy that moves to another node while it is read cannot be read to its end: then all is read again. What
        is missing is never read again.
        """
        return eventually(f"every copy of {self.index} can be read", lambda: self._read(through or self._store), within)

    def _is_started(self) -> bool:
        copies = self._store.copies(self.index)
        return bool(copies) and all(copy.state == "STARTED" for copy in copies)

    def _read(self, store: Store) -> ReadBack:
        acked, refused = self.documents(Outcome.ACKED), self.documents(Outcome.REFUSED)
        copies = read_copies(store, self.index, list(self._outcomes), self._copies)
        missing = {copy.node: [document for document in acked if document not in copy.found] for copy in copies}
        ghosts = {document for copy in copies for document in copy.found.intersection(refused)}
        lacking = {node: documents for node, documents in missing.items() if documents}
        return ReadBack(len(acked), len(copies), lacking, sorted(ghosts))
