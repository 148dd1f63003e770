"""What the host set-up learns from docker's socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cluster.host.engine import SOCKET, State, look, socket_path

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
