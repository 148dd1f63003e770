"""The facts of the very host that the tests run on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cluster.host import survey
from cluster.host.needs import Need, Place
from cluster.settings import Settings


def test_memory_is_positive_and_every_place_lies_on_one_disk_measured_where_a_folder_exists() -> None:
    facts = survey.gather(Settings(), {"DOCKER_HOST": "unix:///no/such/socket"})
    assert facts.memory > 0
    assert sorted(place.name for disk in facts.disks for place in disk.places) == sorted(place.name for place in Place)
    for disk in facts.disks:
        assert disk.free > 0
        assert Path(disk.at).is_dir()


def test_a_sudo_that_asks_somebody_who_does_not_answer_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*words: object, **_: object) -> None:
        raise subprocess.TimeoutExpired("sudo", 10)

    monkeypatch.setattr(survey, "which", lambda _: "/usr/bin/sudo")
    monkeypatch.setattr(subprocess, "run", run)
    assert not survey.sudo_works()


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
