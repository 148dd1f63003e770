"""What one node says of its cluster: asked by itself, so that one frozen node costs nobody but its own observer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any

from cluster import history

EVERY = 1.0
"""Seconds between two looks."""

REPEATED = 5.0
"""Seconds after which what has not changed is told again: so that a reader knows how long it was so."""

DEADLINE = 2.0
"""Seconds that a node may take to answer, until it is called silent."""

SHARDS = {
    "active": "active_shards",
    "initializing": "initializing_shards",
    "relocating": "relocating_shards",
    "unassigned": "unassigned_shards",
    "delayed": "delayed_unassigned_shards",
}
"""What the history calls what Elasticsearch counts."""


class HealthLook:
    """Asks the node on a machine, and tells what it says when it is new, or has not been told for a while.

    By the standard library's client: it needs a tenth of what a convenient one does, and this is asked all the time.
    """

    def __init__(
        self, machine: str, address: str, port: int = 9200, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._machine, self._address, self._port, self._clock = machine, address, port, clock
        self._connection: HTTPConnection | None = None
        self._node: str | None = None
        self._names: dict[str, str] = {}
        self._last: Mapping[str, Any] = {}
        self._told = float("-inf")

    def __call__(self) -> None:
        """Look once."""
        seen, now = self.seen(), self._clock()
        if seen != self._last or now - self._told >= REPEATED:
            self._last, self._told = seen, now
            history.tell("health", machine=self._machine, **seen)

    def seen(self) -> dict[str, Any]:
        """Return what the node says now; it is silent where it says nothing in time, or no sense."""
        try:
            return self._asked()
        except (OSError, HTTPException, ValueError, KeyError):
            self.close()
            return {"node": self._node, "status": "silent", "master": None, "nodes": 0, "version": 0, "shards": {}}

    def close(self) -> None:
        """Close the connection; the next look makes a new one."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _asked(self) -> dict[str, Any]:
        if self._connection is None:
            self._connection = HTTPConnection(self._address, self._port, timeout=DEADLINE)
            self._node = self._get("/")["name"]  # another node may have come to the machine
        state = self._get("/_cluster/state/version,master_node?local=true")
        health = self._get("/_cluster/health?local=true")
        master = self._name(state.get("master_node"))
        return {
            "node": self._node,
            "status": health["status"] if master else "no-master",
            "master": master,
            "nodes": health["number_of_nodes"],
            "version": state["version"],
            "shards": {name: health.get(key, 0) for name, key in SHARDS.items()},
        }

    def _name(self, id: str | None) -> str | None:
        """Return the name of the node with that id; ids are new at each start, so they are few and known."""
        if id is None:
            return None
        if id not in self._names:
            nodes = self._get("/_cluster/state/nodes?local=true")["nodes"]
            self._names = {one: str(fields["name"]) for one, fields in nodes.items()}
        return self._names.get(id, id)

    def _get(self, path: str) -> dict[str, Any]:
        assert self._connection is not None
        self._connection.request("GET", path)
        answer: dict[str, Any] = json.loads(self._connection.getresponse().read())
        return answer
