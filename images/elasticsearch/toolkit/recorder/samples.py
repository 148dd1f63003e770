"""Samples: how the own node does, every ten seconds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .line import Answer, Line
from .own import Identity
from .teller import Teller

EVERY = 10.0
QUESTION = "/_nodes/_local/stats/indices,jvm,os,fs,thread_pool/docs,store,indexing,search"


class Samples:
    """Takes a sample whenever one is due and the line is free."""

    def __init__(self, teller: Teller, line: Line, name: str) -> None:
        self._teller, self._line, self._name = teller, line, name
        self._next = 0.0
        self._last: tuple[str, float, dict[str, Any]] | None = None

    def tick(self, me: Identity) -> None:
        """Ask the node, if it is time."""
        if time.monotonic() < self._next or not self._line.is_free:
            return
        self._next = time.monotonic() + EVERY
        self._line.ask(QUESTION, lambda answer: self._came(me.id, answer))

    def _came(self, me: str, answer: Answer | None) -> None:
        stats = {} if answer is None else (answer.body.get("nodes") or {}).get(me)
        if not stats:
            return
        moment, figures = time.monotonic(), figures_of(stats)
        rates: dict[str, Any] = {}
        if self._last is not None and self._last[0] == me:
            past = moment - self._last[1]
            rates = {"interval_ms": int(past * 1000)} | rates_of(self._last[2], figures, past)
        self._last = (me, moment, figures)
        self._teller.document("sample", None, node=self._name, node_id=me, **figures, **rates)


def figures_of(stats: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a sample has of a node's stats; what the node cannot tell is None."""
    load = _at(stats, "os", "load_average")
    collectors = _at(stats, "jvm", "gc", "collectors") or {}
    young, old = collectors.get("young") or {}, collectors.get("old") or {}
    pools = _at(stats, "thread_pool") or {}
    return {
        "heap_percent": _at(stats, "jvm", "mem", "heap_used_percent"),
        "heap_bytes": _at(stats, "jvm", "mem", "heap_used_in_bytes"),
        "cpu_percent": _at(stats, "os", "cpu", "usage"),
        "load": load[0] if isinstance(load, list) and load else None,
        "docs": _at(stats, "indices", "docs", "count"),
        "store_bytes": _at(stats, "indices", "store", "size_in_bytes"),
        "disk_free_bytes": _at(stats, "fs", "total", "available_in_bytes"),
        "indexed": _at(stats, "indices", "indexing", "index_total"),
        "index_ms": _at(stats, "indices", "indexing", "index_time_in_millis"),
        "searches": _at(stats, "indices", "search", "query_total"),
        "search_ms": _at(stats, "indices", "search", "query_time_in_millis"),
        "gc_young": young.get("collection_count"),
        "gc_young_ms": young.get("collection_time_in_millis"),
        "gc_old": old.get("collection_count"),
        "gc_old_ms": old.get("collection_time_in_millis"),
        "rejected": sum(pool.get("rejected", 0) for pool in pools.values()),
    }


def rates_of(before: Mapping[str, Any], after: Mapping[str, Any], seconds: float) -> dict[str, float]:
    """Return how many documents and searches there were a second; a counter that went back says nothing."""
    found = {}
    for rate, counter in (("index_rate", "indexed"), ("search_rate", "searches")):
        first, last = before[counter], after[counter]
        if first is not None and last is not None and last >= first and seconds > 0:
            found[rate] = round((last - first) / seconds, 2)
    return found


def _at(stats: Mapping[str, Any], *path: str) -> Any:
    found: Any = stats
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found
