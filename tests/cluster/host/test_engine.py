"""What the host set-up learns from docker's socket."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import pytest

from cluster.host.engine import SOCKET, State, container_state, look, socket_path

NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def at(path: Path) -> dict[str, str]:
    return {"DOCKER_HOST": f"unix://{path}"}


def test_the_socket_is_dockers_own_unless_docker_host_says_otherwise() -> None:
    assert socket_path({}) == SOCKET
    assert socket_path({"DOCKER_HOST": "unix:///run/user/1000/docker.sock"}) == "/run/user/1000/docker.sock"


@pytest.mark.parametrize("address", ["tcp://10.0.0.1:2376", "ssh://kim@build"])
def test_an_engine_elsewhere_is_not_asked(address: str) -> None:
    assert look("esfleet", {"DOCKER_HOST": address}).state is State.ELSEWHERE


def test_no_socket_means_silence(tmp_path: Path) -> None:
    assert look("esfleet", at(tmp_path / "none")).state is State.SILENT


def test_a_socket_that_an_engine_left_behind_means_silence(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "s"))
    assert look("esfleet", at(tmp_path / "s")).state is State.SILENT


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else for a moment")
def test_a_socket_that_this_user_may_not_open_means_forbidden(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        (tmp_path / "s").chmod(0o600)
        with as_nobody():
            assert look("esfleet", at(tmp_path / "s")).state is State.FORBIDDEN


def test_the_engine_of_this_host_tells_its_root_and_its_networks() -> None:
    engine = look("no-such-cluster")
    if engine.state is not State.ANSWERS:
        pytest.skip(f"docker {engine.state.value}")
    assert Path(engine.root).is_absolute()
    assert {"bridge", "host", "none"} <= {network.name for network in engine.networks}
    assert next(network for network in engine.networks if network.name == "bridge").bridge == "docker0"
    assert engine.machines == 0


@contextmanager
def answering(path: Path, status: str, body: str) -> Iterator[list[bytes]]:
    """An engine that gives one answer; what it was asked is in the list."""
    asked: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                asked.append(connection.recv(4096))
                connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

        thread = threading.Thread(target=answer)
        thread.start()
        yield asked
        thread.join(timeout=5)


def test_a_containers_state_is_asked_by_its_name(tmp_path: Path) -> None:
    with answering(tmp_path / "s", "200 OK", '{"State": {"Status": "paused"}}') as asked:
        assert container_state("esfleet-core-01", at(tmp_path / "s")) == "paused"
    assert asked[0].startswith(b"GET /containers/esfleet-core-01/json ")


def test_a_container_that_there_is_not_has_no_state(tmp_path: Path) -> None:
    with answering(tmp_path / "s", "404 Not Found", '{"message": "No such container"}'):
        assert container_state("esfleet-core-01", at(tmp_path / "s")) is None


def test_an_engine_in_trouble_says_nothing_about_a_container(tmp_path: Path) -> None:
    with (
        answering(tmp_path / "s", "500 Internal Server Error", "broken"),
        pytest.raises(HTTPException, match="docker: 500: broken"),
    ):
        container_state("esfleet-core-01", at(tmp_path / "s"))
    with pytest.raises(OSError, match="No such file"):
        container_state("esfleet-core-01", at(tmp_path / "none"))
