"""How the copies came that serve on the own node now: from where, how much, and in what time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .line import Answer, Line
from .own import Identity
from .state import Copy
from .teller import Teller

SOURCES = {"RELOCATION": "moved from", "REPLICA": "copied from"}
NAMED = 10
"""Indices that are named in the question; of more, all are asked about."""


class Recoveries:
    """Tells each copy that has started; with what _recovery says of it, or without where it does not answer."""

    def __init__(self, teller: Teller, line: Line, name: str) -> None:
        self._teller, self._line, self._name = teller, line, name
        self._waiting: list[Copy] = []
        self._asked: list[Copy] = []
        self._me: Identity | None = None

    def tick(self, me: Identity, started: list[Copy]) -> None:
        """Ask about the copies that have started since the last time; the list is emptied."""
        self._me = me
        self._waiting += started
        started.clear()
        if not self._waiting or not self._line.is_free:
            return
        self._asked, self._waiting = self._waiting, []
        indices = sorted({copy.index for copy in self._asked})
        path = ",".join(indices) if len(indices) <= NAMED else "_all"
        # It asks the other nodes, too, and one that is frozen answers late: then the copies are told without it.
        self._line.ask(f"/{path}/_recovery", self._came, within=5.0)

    def _came(self, answer: Answer | None) -> None:
        asked, self._asked = self._asked, []
        assert self._me is not None
        body = {} if answer is None or answer.status != 200 else answer.body
        found = {(index, shard["id"]): shard for index, shard in _arrived_at(self._me.id, body)}
        for copy in asked:
            self._tell(copy, found.get((copy.index, copy.shard)), self._me.id)

    def _tell(self, copy: Copy, recovery: Mapping[str, Any] | None, me: str) -> None:
        told: dict[str, Any] = {
            "index": copy.index,
            "shard": copy.shard,
            "primary": copy.primary,
            "node": self._name,
            "node_id": me,
        }
        if recovery is None:
            self._teller.event("copy_started", copy.subject, **told)
            return
        began, ended = int(recovery["start_time_in_millis"]), int(recovery.get("stop_time_in_millis") or 0)
        source = recovery.get("type", "")
        other = (recovery.get("source") or {}).get("name") if source in SOURCES else None  # else it is the node itself
        size, files = (recovery.get("index") or {}).get("size") or {}, (recovery.get("index") or {}).get("files") or {}
        told |= {"source": source, "bytes": size.get("recovered_in_bytes"), "files": files.get("recovered")}
        told |= {"from_node": other, "duration_ms": recovery.get("total_time_in_millis")}
        if other:
            told["cause"] = f"{SOURCES[source]} {other}"
        fact = f"{copy.subject}:{me}:{began}"
        self._teller.event("copy_started", copy.subject, max(began, ended), fact, **told)


def _arrived_at(me: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, found in body.items():
        for shard in found.get("shards", []) if isinstance(found, dict) else []:
            if (shard.get("target") or {}).get("id") == me:
                yield index, shard
