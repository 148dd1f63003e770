"""A node as the toolkit sees it: a transport port that accepts, and HTTP that says whether there is a master."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.settings import Settings


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Http)
        name, master = self.server.name, self.server.master
        self._answer({"cluster_name": "x", "name": name, "master_node": master} | self.server.cluster)

    def do_POST(self) -> None:
        assert isinstance(self.server, _Http)
        self.server.posted.append(self.path.partition("?")[0])
        self._answer({"acknowledged": True})

    def _answer(self, found: dict[str, object]) -> None:
        assert isinstance(self.server, _Http)
        body = json.dumps(found).encode()
        self.send_response(200 if self.server.master else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Http(ThreadingHTTPServer):
    name = ""
    master: str | None = None

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self.cluster: dict[str, object] = {}
        self.posted: list[str] = []


class Listener:
    """Really listens while it is entered; a crash is its end."""

    def __init__(self, settings: "Settings", master: str | None = None, name: str = "") -> None:
        self._settings, self._master, self._name = settings, master, name or settings.node

    def __enter__(self) -> "Listener":
        self._accepted: list[socket.socket] = []
        self._transport = socket.create_server((self._settings.ip, self._settings.transport_port))
        self._http = _Http((self._settings.ip, self._settings.http_port))
        self._http.name, self._http.master = self._name, self._master
        self._threads = [threading.Thread(target=self._accept), threading.Thread(target=self._http.serve_forever)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._transport.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for connection in [*self._accepted, self._transport]:
            connection.close()

    def elects(self, master: str | None) -> None:
        self._http.master = master

    def knows(self, version: int, **shards: int) -> None:
        """Let it be its cluster's master, in the state of that version, with so many shards of each kind."""
        self._http.master = "its-id"
        nodes = {"its-id": {"name": self._settings.node}}
        self._http.cluster = {"version": version, "nodes": nodes} | {f"{kind}_shards": n for kind, n in shards.items()}

    @property
    def posted(self) -> list[str]:
        """The paths that were posted to, in their order."""
        return self._http.posted

    def _accept(self) -> None:
        while True:
            try:
                self._accepted.append(self._transport.accept()[0])
            except OSError:
                return
