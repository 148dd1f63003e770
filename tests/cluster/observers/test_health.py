"""What is told of a node: a real HTTP server answers as one of 1.7.6 does, or does not answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

from cluster import history
from cluster.history import Health
from cluster.observers.health import HealthLook


class Node(ThreadingHTTPServer):
    """A node whose answers can be set; it counts what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.name, self.master, self.status, self.version = "es-1", cast("str | None", "id-2"), "green", 7
        self.asked: list[str] = []
        self.sense = True
        self.frozen = threading.Event()
        self.frozen.set()

    def answer(self, path: str) -> Any:
        self.asked.append(path.partition("?")[0])
        if path == "/":
            return {"status": 200, "name": self.name}
        if path.startswith("/_cluster/state/nodes"):
            return {"nodes": {"id-2": {"name": "es-2"}, "id-1": {"name": "es-1"}}}
        if path.startswith("/_cluster/state"):
            return {"version": self.version, "master_node": self.master}
        return {"status": self.status, "number_of_nodes": 5, "active_shards": 20, "unassigned_shards": 1}


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = cast(Node, self.server)
        server.frozen.wait(10)
        body = json.dumps(server.answer(self.path)).encode() if server.sense else b"<html>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def node() -> Iterator[Node]:
    server = Node()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.frozen.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    with history.opened(tmp_path / "h.jsonl", {}) as writer:
        yield writer.path


@pytest.fixture
def look(node: Node, clock: Clock) -> Iterator[HealthLook]:
    with closing(HealthLook("core-01", "127.0.0.1", node.server_port, clock)) as look:
        yield look


def told(path: Path) -> list[Health]:
    return history.read(path).of(Health)


def test_a_node_tells_its_own_view_and_the_masters_name(look: HealthLook, path: Path) -> None:
    look()
    (health,) = told(path)
    assert (health.machine, health.node, health.status, health.master) == ("core-01", "es-1", "green", "es-2")
    assert (health.nodes, health.version) == (5, 7)
    assert health.shards == {"active": 20, "initializing": 0, "relocating": 0, "unassigned": 1, "delayed": 0}


def test_it_is_told_when_it_changes_and_again_after_a_while(
    look: HealthLook, node: Node, clock: Clock, path: Path
) -> None:
    for second in range(12):
        clock.now = float(second)
        node.status = "yellow" if second >= 3 else "green"
        look()
    assert [health.status for health in told(path)] == ["green", "yellow", "yellow"]


def test_a_node_without_a_master_says_so_whatever_colour_it_has(look: HealthLook, node: Node, path: Path) -> None:
    node.master = None
    look()
    assert (told(path)[0].status, told(path)[0].master) == ("no-master", None)


def test_a_known_master_is_not_looked_up_again(look: HealthLook, node: Node, path: Path) -> None:
    for _ in range(5):
        look()
    assert node.asked.count("/_cluster/state/nodes") == 1
    assert node.asked.count("/") == 1
    node.master = "id-1"
    look()
    assert told(path)[-1].master == "es-1"


def test_a_frozen_node_is_silent_and_speaks_again(
    look: HealthLook, node: Node, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cluster.observers.health.DEADLINE", 0.2)
    look()
    node.frozen.clear()
    look()  # the connection still has the old deadline or the new one: both end
    assert told(path)[-1].status == "silent"
    assert told(path)[-1].node == "es-1"
    node.frozen.set()
    node.name = "es-9"
    look()
    assert (told(path)[-1].status, told(path)[-1].node) == ("green", "es-9")


def test_nobody_there_and_nonsense_are_silence(look: HealthLook, node: Node, path: Path) -> None:
    node.sense = False
    look()
    HealthLook("core-02", "127.0.0.1", 1)()
    assert [(health.machine, health.status) for health in told(path)] == [("core-01", "silent"), ("core-02", "silent")]
