"""What this instance's own Elasticsearch says about itself."""

from __future__ import annotations

import http.client
import json
import socket

from .settings import Settings

TIMEOUT = 2.0


class Elasticsearch:
    """The node of the settings' instance, asked at its own address."""

    def __init__(self, settings: Settings) -> None:
        self._transport = (settings.ip, settings.transport_port)
        self._http = (settings.ip, settings.http_port)

    def transport(self) -> socket.socket | None:
        """Return an open connection to the transport port, or None if it does not accept."""
        try:
            return socket.create_connection(self._transport, TIMEOUT)
        except OSError:
            return None

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
        connection = http.client.HTTPConnection(*self._http, timeout=TIMEOUT)
        try:
            connection.request("GET", "/_cluster/state/master_node?local=true")
            reply = connection.getresponse()
            return reply.status == 200 and bool(json.loads(reply.read()).get("master_node"))
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()
