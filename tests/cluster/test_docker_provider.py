"""Vagrant's docker provider asks less than it did, and is told the same."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ASKER = Path(__file__).with_name("docker_provider.rb")
GONE = "HTTP/1.0 404 Not Found\r\n\r\n{}"
BROKEN = "HTTP/1.0 500 Internal Server Error\r\n\r\nno space left"


def ask(word: str, about: str, **environment: str) -> Any:
    """Return what Vagrant is told; raises with what it prints."""
    done = subprocess.run(
        ["ruby", str(ASKER), word, about],
        env=os.environ | {"VAGRANT_NO_PLUGINS": "1", "VAGRANT_CHECKPOINT_DISABLE": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@contextmanager
def answering(listener: socket.socket, *answers: str) -> Iterator[list[str]]:
    """Give one answer after the other, and what was asked; no answer closes the connection at once."""
    asked: list[str] = []

    def serve() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                if answer.startswith("HTTP"):
                    asked.append(connection.recv(4096).decode().splitlines()[0])
                connection.sendall(answer.encode())

    with listener:
        listener.listen()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield asked
        thread.join(10)
        assert not thread.is_alive(), "not all was asked for"


def engine(folder: Path) -> tuple[socket.socket, str]:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "docker.sock"))
    return listener, f"unix://{folder}/docker.sock"


@pytest.mark.parametrize(
    ("word", "answer", "told"),
    [
        ("created", 'HTTP/1.0 200 OK\r\n\r\n{"State": {"Running": false}}', True),
        ("created", GONE, False),
        ("running", 'HTTP/1.0 200 OK\r\n\r\n{"State": {"Running": true}}', True),
        ("running", 'HTTP/1.0 200 OK\r\n\r\n{"State": {"Running": false}}', False),
        ("running", GONE, None),
        ("inspect", 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n{"Id": "c1"}', {"Id": "c1"}),
    ],
)
def test_the_engines_socket_says_what_a_container_is(tmp_path: Path, word: str, answer: str, told: object) -> None:
    listener, address = engine(tmp_path)
    with answering(listener, answer) as asked:
        assert ask(word, "c1", DOCKER_HOST=address) == told
    assert asked == ["GET /containers/c1/json HTTP/1.0"]


def test_an_engine_that_cannot_say_it_is_no_container_that_is_gone(tmp_path: Path) -> None:
    listener, address = engine(tmp_path)
    with answering(listener, BROKEN), pytest.raises(AssertionError, match="does not say what c1 is: no space left"):
        ask("created", "c1", DOCKER_HOST=address)


def docker_in(folder: Path) -> str:
    """Return the PATH on which a docker comes first that notes what it is asked, and knows c1."""
    docker = folder / "docker"
    docker.write_text("#!/bin/sh\necho $* >>$0.asked\necho c1\n")
    docker.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_an_engine_on_another_machine_is_asked_by_docker(tmp_path: Path) -> None:
    assert ask("running", "c1", DOCKER_HOST="tcp://elsewhere:2376", PATH=docker_in(tmp_path)) is not None
    assert (tmp_path / "docker.asked").read_text() == "ps -q --no-trunc\n"


@pytest.mark.parametrize("chosen", ["config", "DOCKER_CONTEXT"])
def test_an_engine_of_another_context_is_asked_by_docker(tmp_path: Path, chosen: str) -> None:
    (tmp_path / "config.json").write_text('{"currentContext": "rootless"}' if chosen == "config" else "{}")
    asked = {"DOCKER_HOST": "", "DOCKER_CONFIG": str(tmp_path), "PATH": docker_in(tmp_path)}
    ask("running", "c1", **asked, **({} if chosen == "config" else {"DOCKER_CONTEXT": "rootless"}))
    assert (tmp_path / "docker.asked").read_text() == "ps -q --no-trunc\n"


RUNS = 'HTTP/1.0 200 OK\r\n\r\n{"State": {"Running": true, "Paused": false}}'
FROZEN = 'HTTP/1.0 200 OK\r\n\r\n{"State": {"Running": true, "Paused": true}}'


def test_vagrant_may_log_in_once_sshd_has_said_its_name(tmp_path: Path) -> None:
    """docker's proxy accepts for a machine that does not listen yet, and closes: twice here."""
    listener, (docker, address) = socket.create_server(("127.0.0.1", 0)), engine(tmp_path)
    port = listener.getsockname()[1]
    with answering(docker, RUNS, RUNS, RUNS), answering(listener, "", "", "SSH-2.0-OpenSSH\r\n"):
        assert ask("ssh", str(port), DOCKER_HOST=address) == {"host": "127.0.0.1", "port": port}


def test_nobody_knocks_at_a_frozen_machine(tmp_path: Path) -> None:
    docker, address = engine(tmp_path)
    with answering(docker, FROZEN):
        assert ask("ssh", "1", DOCKER_HOST=address) == {"host": "127.0.0.1", "port": 1}
