"""What this instance's own Elasticsearch says about itself."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

from .journal import Repeated
from .settings import Settings

TIMEOUT = 2.0


class Elasticsearch:
    """The node of the settings' instance, asked at its own address."""

    def __init__(self, settings: Settings) -> None:
        self._name = settings.node
        self._transport = (settings.ip, settings.transport_port)
        self._http = (settings.ip, settings.http_port)
        self._journal = Repeated()

    def transport(self) -> socket.socket | None:
        """Return an open connection to the transport port, or None if it does not accept or is another node's."""
        try:
            connection = socket.create_connection(self._transport, TIMEOUT)
        except OSError:
            return None
        if self.is_another():
            connection.close()
            return None
        return connection

    def is_another(self) -> bool:
        """Say whether a node of another name has this node's ports, as when two clusters were given the same.

        Only HTTP tells the name. A node without a master opens it seconds after its transport port, and the others
        must find it before that: until HTTP answers, the ports count as this node's own.
        """
        found = (self._ask("/") or {}).get("name", self._name)
        if found != self._name:
            self._journal.say(f"{found} has the ports of {self._name}; this cluster needs ports of its own")
        return bool(found != self._name)

    def accepts(self) -> bool:
        """Say whether other nodes can connect."""
        connection = self.transport()
        if connection is None:
            return False
        connection.close()
        return True

    def has_master(self) -> bool:
        """Say whether the node has joined a cluster: it knows a master.

        `GET /` would say 200 a little later, and with gateway.recover_after_nodes very much later: it also waits for
        the state to be recovered, which may need nodes that wait for the startup lease. `local` asks the node itself,
        so the answer comes without a master too.
        """
        return bool((self._ask("/_cluster/state/master_node?local=true") or {}).get("master_node"))

    def idle_copies(self) -> int:
        """Return how many copies are unassigned although none is held back, and none is being copied or moved."""
        health = self._ask("/_cluster/health?local=true") or {}
        if any(health.get(f"{state}_shards") for state in ("delayed_unassigned", "initializing", "relocating")):
            return 0
        return int(health.get("unassigned_shards", 0))

    def version_as_master(self) -> int | None:
        """Return the version of the cluster's state if this node is the master, otherwise None."""
        state = self._ask("/_cluster/state/master_node,nodes,version?local=true") or {}
        master = state.get("nodes", {}).get(state.get("master_node"), {})
        return int(state["version"]) if master.get("name") == self._name else None

    def reroute(self) -> bool:
        """Have the master look at every unassigned copy; say whether it did."""
        return bool((self._ask("/_cluster/reroute?metric=none", "POST") or {}).get("acknowledged"))

    def _ask(self, path: str, method: str = "GET") -> dict[str, Any] | None:
        """Return the JSON object that HTTP answers, whatever its status says; None where it does not answer."""
        connection = http.client.HTTPConnection(*self._http, timeout=TIMEOUT)
        try:
            connection.request(method, path)
            answer = json.loads(connection.getresponse().read())
            return answer if isinstance(answer, dict) else None
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()
