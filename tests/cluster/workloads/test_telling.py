"""What clients tell the history: each request twice, with what is known of it, so that a stored run can be judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import elasticsearch
import pytest

from cluster import history
from cluster.checkers import KnownIssues, judge
from cluster.errors import InfraError
from cluster.es import Copy
from cluster.eventually import eventually
from cluster.history import History, Operation
from cluster.machine import Machine
from cluster.workloads import Ledger, read_copies

MACHINES = {f"core-0{number}": f"m{number}" for number in range(1, 5)}


class Named(str):
    """A machine of which only the name is asked."""


HERE = cast(Machine, Named("core-01"))


class Store:
    """Four copies in memory, of which one can lose a document."""

    def __init__(self) -> None:
        self.stored: dict[str, set[str]] = {name: set() for name in MACHINES}
        self.failure: Exception | None = None
        self.asked = 0

    def accepting(self) -> list[Machine]:
        return [HERE]

    def client(self, machine: Machine) -> Any:
        return self

    def any(self) -> Any:
        return self

    def copies(self, index: str) -> list[Copy]:
        return [Copy(index, 0, True, "STARTED", name, address) for name, address in MACHINES.items()]

    def index(self, index: str, doc_type: str, body: dict[str, int], id: str, op_type: str) -> None:
        if self.failure is not None:
            raise self.failure
        for copy in self.stored.values():
            copy.add(id)

    def get(self, index: str, id: str, **_: Any) -> dict[str, Any]:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return {"found": id in self.stored["core-01"]}

    def mget(self, body: dict[str, list[str]], preference: str, **_: Any) -> dict[str, Any]:
        there = self.stored[preference.partition(":")[2]]
        return {"docs": [{"_id": id, "found": id in there} for id in body["ids"]]}


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    with history.opened(tmp_path / "history.jsonl", {"machines": MACHINES}) as writer:
        yield writer.path


def told_to(path: Path) -> History:
    return history.read(path)


def test_a_write_is_told_when_it_begins_and_when_it_has_ended(path: Path) -> None:
    store = Store()
    ledger = Ledger(store, "ledger")
    ledger.write(HERE)
    store.failure = elasticsearch.TransportError(503, "no quorum")
    ledger.write(HERE)
    store.failure = elasticsearch.ConnectionTimeout("TIMEOUT", "?", TimeoutError())
    ledger.write(HERE)
    told = told_to(path).of(Operation)
    assert [one.phase for one in told] == ["invoke", "ok", "invoke", "fail", "invoke", "unknown"]
    assert [one.document for one in told[::2]] == ["doc-1", "doc-2", "doc-3"]
    assert [one.id for one in told[::2]] == [one.id for one in told[1::2]]
    assert {(one.f, one.machine, one.index) for one in told} == {("create", "core-01", "ledger")}
    assert told[0].took is None
    assert told[1].took is not None
    assert "no quorum" in str(told[3].error)


def test_a_read_tells_whether_the_document_was_there(path: Path) -> None:
    store = Store()
    ledger = Ledger(store, "ledger")
    assert ledger.read(HERE) is None
    ledger.write(HERE)
    assert ledger.read(HERE) is True
    store.stored["core-01"].clear()
    assert ledger.read(HERE) is False
    store.failure = elasticsearch.ConnectionError("N/A", "reset", ConnectionResetError())
    assert ledger.read(HERE) is None
    ends = [one for one in told_to(path).of(Operation) if one.f == "read" and one.phase != "invoke"]
    assert [(one.phase, one.found) for one in ends] == [("ok", True), ("ok", False), ("unknown", None)]


def test_a_stored_run_is_judged_as_the_run_was(path: Path) -> None:
    store = Store()
    ledger = Ledger(store, "ledger")
    ledger.write_some(20)
    ledger.read_back()
    assert _failed(path) == set()
    store.stored["core-03"].remove("doc-7")
    assert ledger.read_back().missing == {"core-03": ["doc-7"]}
    assert _failed(path) == {"every copy has every acknowledged document", "the copies have the same documents"}
    for copy in store.stored.values():
        copy.discard("doc-9")
    ledger.read_back()
    assert "no acknowledged document is lost" in _failed(path)


def test_copies_that_cannot_be_read_are_told_and_raised(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    monkeypatch.setattr(store, "copies", lambda index: [])
    with pytest.raises(InfraError, match="no copy of ledger is started"):
        read_copies(store, "ledger", ["doc-1"], 4)
    assert [one.phase for one in told_to(path).of(Operation)] == ["invoke", "unknown"]


def test_a_mistake_is_no_outcome_and_ends_a_client_that_says_so(path: Path) -> None:
    store = Store()
    ledger = Ledger(store, "ledger")
    store.failure = KeyError("a mistake")
    with pytest.raises(InfraError, match="writer-1 ended by itself"), ledger.writing(lambda: [HERE]) as writer:
        eventually("the writer has ended", lambda: not writer.is_alive, within=5)


def test_readers_read_what_is_written_until_the_block_ends() -> None:
    store = Store()
    ledger = Ledger(store, "ledger")
    with ledger.reading(lambda: [HERE], readers=2) as readers, ledger.writing(lambda: [HERE]) as writer:
        writer.wait_acked(3, within=5)
        eventually("something is read", lambda: store.asked > 3, within=5)
    assert not any(reader.is_alive for reader in readers)


def _failed(path: Path) -> set[str]:
    return {one.question for one in judge(told_to(path), KnownIssues()) if one.status == "failed"}
