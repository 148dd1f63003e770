"""The facts of the very host that the tests run on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cluster.host import survey
from cluster.host.needs import Need
from cluster.settings import Settings


def test_a_ready_host_is_recognised_at_once() -> None:
    started = time.monotonic()
    facts = survey.gather(Settings())
    if facts.missing:
        pytest.skip("this host is not ready")
    assert time.monotonic() - started < 0.3


def test_memory_and_disk_are_positive_and_disk_is_measured_at_a_folder_that_exists() -> None:
    facts = survey.gather(Settings(), {"DOCKER_HOST": "unix:///no/such/socket"})
    assert facts.memory > 0
    assert facts.disk > 0
    assert Path(facts.disk_at).is_dir()


def test_what_is_not_there_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Need("sh", ("dash",), "a shell")
    program, file = Need("no-such-program", ("x",), "nothing"), Need("/no/such/file", ("y",), "nothing")
    monkeypatch.setattr(survey, "NEEDS", (there, program, file))
    assert survey.gather(Settings()).missing == (program, file)


def test_an_engine_without_its_daemon_is_known_for_a_bare_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docker").write_text("#!/bin/sh\n")
    (tmp_path / "docker").chmod(0o755)
    found = {"docker": str(tmp_path / "docker"), "dockerd": None}
    monkeypatch.setattr(survey, "which", lambda program: found.get(program))
    assert survey.gather(Settings()).bare_client == str(tmp_path / "docker")
