import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet.ctl.fleetd_double import Fleetd
from tests.fleet.ctl.harness import BecameError, Fleetctl


@pytest.fixture
def fleetd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleetd]:
    with Fleetd(tmp_path / "fleet.sock") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        monkeypatch.setenv("FLEETCTL_ENDPOINT", server.endpoint)
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def fleetctl(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Fleetctl:
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return Fleetctl(monkeypatch, capfd, folder)


@pytest.fixture
def becomes(monkeypatch: pytest.MonkeyPatch) -> type[BecameError]:
    def execvpe(_: str, arguments: list[str], environment: dict[str, str]) -> None:
        raise BecameError(arguments, environment)

    monkeypatch.setattr(os, "execvpe", execvpe)
    return BecameError


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file with this machine's id."""
    path = tmp_path / "machine-id"
    monkeypatch.setattr("fleet.ctl.machines.MACHINE_ID", path)
    return path
