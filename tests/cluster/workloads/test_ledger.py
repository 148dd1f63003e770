"""The ledger: three outcomes told apart, and a lost document that is found to be lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import elasticsearch
import pytest
import urllib3

from cluster.es import Copy, Health, address_of
from cluster.eventually import TimedOut
from cluster.machine import Machine
from cluster.workloads import Ledger, Outcome, outcome


def refused_connection() -> urllib3.exceptions.NewConnectionError:
    return urllib3.exceptions.NewConnectionError(cast(Any, None), "refused")


@pytest.mark.parametrize(
    ("failure", "known"),
    [
        (None, Outcome.ACKED),
        (elasticsearch.RequestError(400, "mapper"), Outcome.REFUSED),
        (elasticsearch.TransportError(503, "UnavailableShards: have 2, needed 3"), Outcome.REFUSED),
        (elasticsearch.ConnectionError("N/A", "refused", refused_connection()), Outcome.REFUSED),
        (elasticsearch.ConflictError(409, "exists"), Outcome.UNKNOWN),
        (elasticsearch.TransportError(500, "?"), Outcome.UNKNOWN),
        (elasticsearch.ConnectionTimeout("TIMEOUT", "?", TimeoutError()), Outcome.UNKNOWN),
        (elasticsearch.ConnectionError("N/A", "reset", ConnectionResetError()), Outcome.UNKNOWN),
    ],
)
def test_an_outcome_claims_no_more_than_is_known(failure: Exception | None, known: Outcome) -> None:
    assert outcome(failure) is known


def test_an_exception_of_another_kind_is_no_outcome() -> None:
    with pytest.raises(KeyError):
        outcome(KeyError("a mistake"))


class MemoryStore:
    """Two copies of one shard, in memory; the nodes can be told to misbehave."""

    def __init__(self) -> None:
        self.stored: dict[str, set[str]] = {"node-1": set(), "node-2": set()}
        self.failure: Exception | None = None
        self.forgotten: set[str] = set()
        self.starting = 0
        self.created: dict[str, Any] = {}

    @property
    def indices(self) -> Any:
        return self

    def create(self, index: str, body: dict[str, Any], request_timeout: float) -> None:
        self.created, self.starting = body["settings"], 2

    def accepting(self) -> list[Machine]:
        return [cast(Machine, None)]

    def client(self, machine: Machine) -> Any:
        return self

    def any(self) -> Any:
        return self

    def copies(self, index: str) -> list[Copy]:
        self.starting, state = max(0, self.starting - 1), "INITIALIZING" if self.starting else "STARTED"
        return [Copy(index, 0, node == "node-1", state, node, "address") for node in self.stored]

    def index(self, index: str, doc_type: str, body: dict[str, int], id: str, op_type: str) -> None:
        if self.failure is not None:
            raise self.failure
        for copy in self.stored.values():
            copy.add(id)

    def mget(self, body: dict[str, list[str]], preference: str, **_: Any) -> dict[str, Any]:
        there = self.stored[preference.partition(":")[2]] - self.forgotten
        return {"docs": [{"_id": id, "found": id in there} for id in body["ids"]]}


def test_an_index_is_made_when_all_its_copies_are_started() -> None:
    store = MemoryStore()
    Ledger(store, "ledger").create()
    assert store.starting == 0
    assert "number_of_replicas" not in store.created


def test_an_index_of_one_node_has_one_copy_there() -> None:
    store = MemoryStore()
    Ledger(store, "ledger").create(only_on="es-3")
    assert store.created["number_of_replicas"] == 0
    assert store.created["routing.allocation.include._name"] == "es-3"


def test_what_every_copy_has_is_not_lost() -> None:
    ledger = Ledger(MemoryStore(), "ledger")
    ledger.write_some(10)
    read = ledger.read_back()
    assert (read.acked, read.copies, read.missing, read.ghosts) == (10, 2, {}, [])


def test_a_document_that_one_copy_lacks_is_lost_and_named() -> None:
    store = MemoryStore()
    ledger = Ledger(store, "ledger")
    ledger.write_some(10)
    store.stored["node-2"].remove("doc-7")
    assert ledger.read_back().missing == {"node-2": ["doc-7"]}
    assert "lost: node-2 lacks doc-7; refused and there: none" in str(ledger.read_back())


def test_a_refused_document_that_is_there_is_a_ghost() -> None:
    store = MemoryStore()
    ledger = Ledger(store, "ledger")
    store.failure = elasticsearch.TransportError(503, "no quorum")
    ledger.write_some(1)
    store.stored["node-1"].add("doc-1")
    assert ledger.read_back().ghosts == ["doc-1"]


def test_an_unknown_write_may_be_there_or_not() -> None:
    store = MemoryStore()
    ledger = Ledger(store, "ledger")
    store.failure = elasticsearch.ConnectionTimeout("TIMEOUT", "?", TimeoutError())
    ledger.write_some(2)
    store.stored["node-1"].add("doc-1")
    assert ledger.counts == {"acked": 0, "refused": 0, "unknown": 2}
    assert ledger.read_back().missing == {}


def test_no_copy_to_read_from_is_an_error_and_no_success() -> None:
    store = MemoryStore()
    store.stored.clear()
    with pytest.raises(TimedOut, match="no copy of ledger is started"):
        Ledger(store, "ledger").read_back(within=0.01)


def test_a_copy_that_relocates_still_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    moving = [replace(copy, state="RELOCATING") for copy in store.copies("ledger")]
    monkeypatch.setattr(store, "copies", lambda index: moving)
    assert Ledger(store, "ledger").read_back().copies == 2


def test_writing_goes_on_in_the_background_until_the_block_ends() -> None:
    ledger = Ledger(MemoryStore(), "ledger")
    with ledger.writing(lambda: [cast(Machine, None)]) as writer:
        writer.wait_acked(3, within=5)
        writer.stop()
        stopped = ledger.counts["acked"]
    assert stopped >= 3
    assert ledger.read_back().acked == ledger.counts["acked"] == stopped


def test_green_without_a_shard_is_not_green() -> None:
    assert Health("green", 5, 20, 0).is_green(nodes=5)
    assert not Health("green", 5, 0, 0).is_green(nodes=5)
    assert not Health("green", 4, 20, 0).is_green(nodes=5)
    assert not Health("green", 5, 20, 1).is_green(nodes=5)


def test_a_transport_address_has_an_address() -> None:
    assert address_of("inet[/192.168.57.101:9300]") == "192.168.57.101"
    assert address_of("inet[core-01/192.168.57.101:9300]") == "192.168.57.101"
