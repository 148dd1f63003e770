"""A stand-in for a node: it listens where a node does, and answers what the recorder asks as 1.7.6 has been seen to."""

import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolkit.settings import Settings

Json = dict[str, Any]
ME = "own-id"


def copy(index: str, shard: int, node: str | None, primary: bool = False, **fields: Any) -> Json:
    state = fields.pop("state", "STARTED" if node else "UNASSIGNED")
    told = {"index": index, "shard": shard, "node": node, "primary": primary, "state": state, "relocating_node": None}
    return told | fields


def now() -> int:
    return int(time.time() * 1000)


def left(node: str, at: int) -> Json:
    moment = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"unassigned_info": {"reason": "NODE_LEFT", "at": moment, "details": f"node_left[{node}]"}}


@dataclass
class World:
    """What the node knows, and what is stored in its cluster."""

    name: str
    version: int = 1
    master: str | None = ME
    nodes: dict[str, str] = field(default_factory=dict)
    copies: list[Json] = field(default_factory=list)
    unrecovered: bool = False
    delayed: int = 0
    started: int = field(default_factory=lambda: now() - 60_000)
    recoveries: Json = field(default_factory=dict)
    stored: dict[tuple[str, str, str], Json] = field(default_factory=dict)
    templates: dict[str, Json] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Status and error for a document whose id begins so."""
    foreign: set[str] = field(default_factory=set)
    """Indices that another Marvel has made."""
    auto_create: bool = True
    """action.auto_create_index: whether a document makes the index that it is for."""
    makes_none: tuple[int, str] | None = None
    """Status and error for whoever makes an index."""
    flow: threading.Event = field(default_factory=threading.Event)
    """Set while the node answers."""

    def __post_init__(self) -> None:
        self.nodes = self.nodes or {ME: self.name}
        self.flow.set()

    def becomes(self, **changes: Any) -> None:
        """Let the next state be this one."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.version += 1

    def events(self, type: str = "") -> list[Json]:
        """The events of a type that are stored."""
        found = [body for (_, kind, _), body in list(self.stored.items()) if kind == "event"]
        return [body for body in found if body["type"].startswith(type)]

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Json]:
        question = path.partition("?")[0]
        self.asked.append(f"{method} {question}")
        for start, found in (
            ("/_cluster/state", self._state),
            ("/_nodes/_local/jvm", self._jvm),
            ("/_nodes/_local/stats", self._stats),
            ("/_cluster/health", lambda: {"delayed_unassigned_shards": self.delayed}),
        ):
            if question.startswith(start):
                return 200, found()
        if question == "/_bulk":
            return self._bulk([json.loads(line) for line in body.splitlines()])
        if question.startswith("/_template/"):
            return self._template(method, question.rpartition("/")[2], body)
        if question.endswith("/_recovery"):
            return 200, self.recoveries
        if question.endswith("/_mapping/event"):
            return self._mapping(question.split("/")[1])
        if method == "PUT":
            return self._make(question[1:])
        if method == "DELETE":
            self.becomes(copies=[copy for copy in self.copies if copy["index"] != question[1:]])
            return 200, {"acknowledged": True}
        return 200, {"name": self.name, "acknowledged": True}

    def _state(self) -> Json:
        tables: Json = {}
        for fields in self.copies:
            shards = tables.setdefault(fields["index"], {"shards": {}})["shards"]
            shards.setdefault(str(fields["shard"]), []).append(fields)
        unrecovered = {"1": {"description": "state not recovered / initialized"}} if self.unrecovered else {}
        blocks = unrecovered if self.master else {"2": {"description": "no master"}}
        nodes = {id: {"name": name, "transport_address": "inet[/10.0.0.1:9300]"} for id, name in self.nodes.items()}
        known: Json = {"cluster_name": "x", "version": self.version, "blocks": {"global": blocks} if blocks else {}}
        return known | {"master_node": self.master, "nodes": nodes, "routing_table": {"indices": tables}}

    def _jvm(self) -> Json:
        return {"nodes": {ME: {"name": self.name, "jvm": {"start_time_in_millis": self.started}}}}

    def _stats(self) -> Json:
        stats = {"jvm": {"mem": {"heap_used_percent": 41}}, "indices": {"docs": {"count": len(self.stored)}}}
        return {"nodes": {ME: stats}}

    def _template(self, method: str, name: str, body: bytes) -> tuple[int, Json]:
        if method == "PUT":
            put = json.loads(body)
            settings = {f"index.{key}": str(value) for key, value in put["settings"].items()}
            self.templates[name] = put | {"settings": settings}
            return 200, {"acknowledged": True}
        return (200, {name: self.templates[name]}) if name in self.templates else (404, {})

    def _make(self, name: str) -> tuple[int, Json]:
        if self.makes_none is not None:
            return self.makes_none[0], {"error": self.makes_none[1], "status": self.makes_none[0]}
        if name in {copy["index"] for copy in self.copies}:
            return 400, {"error": f"IndexAlreadyExistsException[[{name}] already exists]", "status": 400}
        self.becomes(copies=[*self.copies, copy(name, 0, ME, primary=True)])
        return 200, {"acknowledged": True}

    def _mapping(self, name: str) -> tuple[int, Json]:
        if name not in {copy["index"] for copy in self.copies}:
            return 404, {"error": f"IndexMissingException[[{name}] missing]", "status": 404}
        own = {"event": {"dynamic": "strict", "_meta": {"version": 1}}}
        return (200, {}) if name in self.foreign else (200, {name: {"mappings": own}})

    def _bulk(self, lines: list[Json]) -> tuple[int, Json]:
        if self.master is None:
            return 503, {"error": "ClusterBlockException"}
        items = []
        for header, fields in zip(lines[::2], lines[1::2], strict=True):
            key = (header["create"]["_index"], header["create"]["_type"], header["create"]["_id"])
            status, error = next((why for id, why in self.refused.items() if key[2].startswith(id)), (201, ""))
            if status == 201 and not self.auto_create and key[0] not in {copy["index"] for copy in self.copies}:
                status, error = 404, f"IndexMissingException[[{key[0]}] missing]"
            if status == 201 and key in self.stored:
                status, error = 409, "DocumentAlreadyExistsException"
            if status == 201:
                self.stored[key] = fields
                if key[0] not in {copy["index"] for copy in self.copies}:
                    self.becomes(copies=[*self.copies, copy(key[0], 0, ME, primary=True)])
            items.append({"create": {"_id": key[2], "status": status, "error": error}})
        return 200, {"items": items, "errors": any(item["create"]["status"] >= 300 for item in items)}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        assert isinstance(self.server, _Http)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.world.flow.wait(30)
        status, found = self.server.world.answer(self.command, self.path, body)
        text = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], world: World) -> None:
        super().__init__(address, _Handler)
        self.world = world

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # the recorder gives up on what is frozen


class _Transport(BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Tcp)
        self.server.over.wait()


class _Tcp(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Transport)
        self.over = threading.Event()


class StandIn:
    """Listens while it is entered; the end is that of its process."""

    def __init__(self, settings: "Settings", world: World | None = None) -> None:
        self.world = world or World(settings.node)
        self._settings = settings

    def __enter__(self) -> World:
        self._http = _Http((self._settings.ip, self._settings.http_port), self.world)
        self._transport = _Tcp((self._settings.ip, self._settings.transport_port))
        for server in (self._http, self._transport):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self.world

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.world.flow.set()
        self._transport.over.set()
        for server in (self._http, self._transport):
            server.shutdown()
            server.server_close()
