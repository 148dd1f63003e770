"""The machines of the fleet, from its API's socket."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

TIMEOUT = 5.0


class NoFleet(Exception):
    """There is no fleet here, or it does not answer."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("fleet", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(self._path)


def addresses(path: str) -> list[str]:
    """Return the primary IP of each machine, from fleet's socket at `path`. Raises NoFleet."""
    found: list[str] = []
    token = ""
    while True:
        page = _page(path, token)
        found += [machine["primaryIP"] for machine in page.get("machines") or [] if machine.get("primaryIP")]
        token = page.get("nextPageToken") or ""
        if not token:
            return found


def _page(path: str, token: str) -> dict[str, Any]:
    connection = _UnixConnection(path)
    try:
        connection.request("GET", "/fleet/v1/machines" + (f"?nextPageToken={token}" if token else ""))
        reply = connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            raise NoFleet(f"fleet at {path} answered {reply.status}")
        return json.loads(body)  # type: ignore[no-any-return]
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoFleet(f"fleet at {path}: {error}") from error
    finally:
        connection.close()
