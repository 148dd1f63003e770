"""What is left of a cluster, found by its label."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cluster import leftovers
from cluster.leftovers import Leftovers
from cluster.settings import Settings


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """A docker that has one container and one network of the cluster, and notes what it is told."""
    told: list[tuple[str, ...]] = []
    have = {"ps": "c1", "network": "n1", "volume": ""}

    def fake(*words: str, within: float = 60) -> str:
        told.append(words)
        return have[words[0]] if "--quiet" in words else ""

    monkeypatch.setattr(leftovers, "docker", fake)
    return told


def test_everything_with_the_label_goes_and_nothing_else(docker: list[tuple[str, ...]], tmp_path: Path) -> None:
    left = Leftovers(Settings(name="trial", project=tmp_path))
    left.remove()
    asked = [words for words in docker if "--quiet" in words]
    assert all("label=elasticsearch-fleet.cluster=trial" in words for words in asked)
    removed = [words for words in docker if "--quiet" not in words]
    assert removed == [("rm", "--force", "--volumes", "c1"), ("network", "rm", "n1")]


@pytest.mark.usefixtures("docker")
def test_vagrants_memory_and_the_clusters_folder_go_too(tmp_path: Path) -> None:
    settings = Settings(name="trial", project=tmp_path)
    settings.dotfiles.mkdir(parents=True)
    (settings.folder / "owner").touch()
    Leftovers(settings).remove()
    assert not settings.folder.exists()


def test_a_vagrant_command_of_a_killed_session_is_ended_and_no_other(tmp_path: Path) -> None:
    script = tmp_path / "vagrant"
    script.write_text("#!/bin/sh\nsleep 60\n")
    script.chmod(0o755)
    ours, others = Settings(name="ours", project=tmp_path), Settings(name="others", project=tmp_path)
    processes = [
        subprocess.Popen([script], env={"VAGRANT_DOTFILE_PATH": str(settings.dotfiles)}, start_new_session=True)
        for settings in (ours, others)
    ]
    try:
        Leftovers(ours).stop_vagrant()
        assert processes[0].wait(timeout=5) == -9
        assert processes[1].poll() is None
    finally:
        for process in processes:
            process.kill()
            process.wait()
