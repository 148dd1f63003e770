"""A node of Elasticsearch as the page sees it: serves the page, and replies that a real 1.7.6 once gave."""

from __future__ import annotations

import json
import re
import sys
import time
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self
from urllib.parse import unquote

from cluster.images import page

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "marvel"
RECORDED = Path(__file__).parent / "recorded"
PREFIX = "/_plugin/marvel/"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
"""As 1.7.6 names them; whatever else it serves has no type."""
SEARCH = "_msearch?source="


class Replay(ThreadingHTTPServer):
    """Plays one recording; `edit` changes what it says, `hung` holds whatever is asked about a node."""

    daemon_threads = True
    request_queue_size = 128
    """A page asks for some thirty files at once. Those that find the queue full the kernel forgets, and a browser
    tries again after one, three and seven seconds."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.released = Event()
        self.library = page.library(PROJECT, print)
        self.served: dict[str, bytes] = {}
        """The page's own files that were asked for, since this was last cleared."""
        self.url = f"http://127.0.0.1:{self.server_port}{PREFIX}"

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.released.set()
        self.shutdown()
        self.server_close()

    def play(self, scenario: str) -> None:
        """Answer from now on as the real node did in this recording."""
        self.released.set()
        self.released = Event()
        self.hung: set[str] = set()
        self.broken: set[str] = set()
        self.slow: dict[str, Event] = {}
        """What is asked with this in its path is answered once its event is set."""
        self.asked: list[str] = []
        self.prefix = ""
        """The path below which a proxy serves all of it."""
        self.strays: list[str] = []
        """What was asked beside that path."""
        self.is_now = False
        """Whether each node's clock is ours; else it stands still at the time of the recording."""
        self.documents: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        """What is found in these indices of this type, newest first: {(index, ..., type): hits}."""
        self.replies: dict[str, Any] = json.loads((RECORDED / f"{scenario}.json").read_text())
        panels = RECORDED / f"panels-{scenario}.json"
        self.others = self._renamed(json.loads((panels if panels.is_file() else RECORDED / "panels.json").read_text()))
        self.silent = {id_ for id_ in self.state["nodes"] if self._told(id_) is None}
        self.gone = {id_ for id_ in self.state["nodes"] if self._told(id_) in ({}, {"nodes": {}})}

    @property
    def state(self) -> dict[str, Any]:
        """The cluster state it tells: change it at will."""
        body: dict[str, Any] = next(reply for path, reply in self.replies.items() if "_cluster/state" in path)["body"]
        return body

    def _told(self, id_: str) -> Any:
        """What the recording has of a node's figures: None where it was frozen, {} where it was not connected."""
        return next(reply["body"] for path, reply in self.replies.items() if path.startswith(f"_nodes/{id_}/stats/"))

    def panel(self, path: str) -> dict[str, Any] | None:
        """What another cluster of five such nodes has told of this, with the names of this one.

        A frozen node answers nothing, and holds up what is asked of all nodes; one that left is not connected.
        """
        about = next((id_ for id_ in self.state["nodes"] if id_ in path), None)
        if about in self.silent or (self.silent and path.startswith(("_stats", "_recovery", "_msearch"))):
            return {"status": None, "body": None}
        if about in self.gone:
            return {"status": 200, "body": {}}
        return self.others.get(path)

    def found(self, path: str) -> dict[str, Any] | None:
        """What a search of several finds: what a test has put there; of samples, else what the recording has."""
        if not path.startswith(SEARCH):
            return None
        header = json.loads(unquote(path.removeprefix(SEARCH)).splitlines()[0])
        hits = self.documents.get((*header["index"], header["type"]))
        if hits is None and header["type"] != "sample":
            return None
        if hits is None:
            return next((reply for path, reply in self.others.items() if path.startswith(SEARCH)), None)
        if until := re.search(r"@timestamp:\[\* TO (\d+)\]", unquote(path)):
            hits = [hit for hit in hits if hit["_source"]["@timestamp"] <= int(until[1])]
        return {"status": 200, "body": {"responses": [{"hits": {"total": len(hits), "hits": hits}}]}}

    def knows(self, path: str) -> bool:
        """Whether a real node's reply to this is at hand."""
        return any(path.removeprefix("/") in replies for replies in (self.replies, self.others))

    def _renamed(self, panels: dict[str, Any]) -> dict[str, Any]:
        told = json.dumps(panels["replies"])
        for id_, node in self.state["nodes"].items():
            told = told.replace(panels["twins"][node["name"]], id_)
        replies: dict[str, Any] = json.loads(told)
        return replies

    def rename(self, old: str, new: str) -> None:
        """Give a node another name."""
        next(node for node in self.state["nodes"].values() if node["name"] == old)["name"] = new

    def rename_index(self, old: str, new: str) -> None:
        """Give an index another name."""
        indices = self.state["routing_table"]["indices"]
        indices[new] = deepcopy(indices.pop(old))
        for copies in indices[new]["shards"].values():
            for copy in copies:
                copy["index"] = new

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong, unless it is that the page has given up waiting, or is closed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def id_of(self, name: str) -> str:
        """The node's id, by which its figures are asked for."""
        return next(str(id_) for id_, node in self.state["nodes"].items() if node["name"] == name)


class _Handler(BaseHTTPRequestHandler):
    server: Replay

    def do_GET(self) -> None:
        if not self.path.startswith(self.server.prefix):
            self.server.strays.append(self.path)
            self._send(404, b"", "text/plain")
            return
        path = self.path.removeprefix(self.server.prefix)
        self.server.asked.append(path)
        if path.startswith(PREFIX):
            self._serve_file(path.removeprefix(PREFIX) or "index.html")
        elif any(part in path for part in self.server.broken):
            self._send(503, b"{}", "application/json")
        else:
            self._serve_reply(path)

    def _serve_file(self, name: str) -> None:
        file = PAGE / name
        content = file.read_bytes() if file.is_file() else self.server.library.get(name)
        if content is None:
            self._send(404, b"", "text/plain")
        else:
            self.server.served[name] = content
            self._send(200, content, TYPES.get(file.suffix, ""))

    def _serve_reply(self, path: str) -> None:
        asked = path.removeprefix("/")
        reply = self.server.replies.get(asked) or self.server.panel(asked) or self.server.found(asked)
        if self.server.is_now and "/stats/" in path and reply is not None:
            for figures in (reply["body"] or {}).get("nodes", {}).values():
                figures["timestamp"] = int(time.time() * 1000)
        for let_go in [event for part, event in self.server.slow.items() if part in path]:
            let_go.wait()
        if any(part in path for part in self.server.hung) or (reply is not None and reply["status"] is None):
            self.server.released.wait()
        elif reply is None:
            self._send(400, b"{}", "application/json")
        elif isinstance(reply["body"], str):
            self._send(reply["status"], reply["body"].encode(), "text/plain; charset=UTF-8")
        else:
            self._send(reply["status"], json.dumps(reply["body"]).encode(), "application/json; charset=UTF-8")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a test that fails prints what was asked."""
