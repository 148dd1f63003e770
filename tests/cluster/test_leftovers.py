"""What is left of a cluster, found by its label."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psutil
import pytest

from cluster import leftovers, vagranthome
from cluster.errors import Impossible
from cluster.eventually import eventually
from cluster.leftovers import Leftovers
from cluster.settings import Settings


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """A docker that has one container and one network of the cluster, and notes what it is told."""
    told: list[tuple[str, ...]] = []
    have = {"ps": "c1", "network": "n1", "volume": ""}

    def fake(*words: str, within: float = 60) -> str:
        told.append(words)
        if "--quiet" in words:
            return "" if "--filter=status=paused" in words else have[words[0]]
        have["ps" if words[0] == "rm" else words[0]] = ""
        return ""

    monkeypatch.setattr(leftovers, "docker", fake)
    return told


def test_everything_with_the_label_goes_and_nothing_else(docker: list[tuple[str, ...]], tmp_path: Path) -> None:
    left = Leftovers(Settings(name="trial", project=tmp_path))
    left.remove()
    asked = [words for words in docker if "--quiet" in words]
    assert all("label=elasticsearch-fleet.cluster=trial" in words for words in asked)
    removed = [words for words in docker if "--quiet" not in words]
    assert removed == [("rm", "--force", "--volumes", "c1"), ("network", "rm", "n1")]


def test_what_dockerd_finishes_late_is_removed_too(
    docker: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "LATE", 0.3)
    left = Leftovers(Settings(name="trial", project=tmp_path))
    left.remove_for_good(late=True)
    assert ("rm", "--force", "--volumes", "c1") in docker
    assert not left.exist()


def test_a_machine_that_comes_late_and_keeps_the_network_is_removed_with_it(
    docker: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []
    fake = leftovers.docker

    def busy(*words: str, within: float = 60) -> str:
        if words[:2] == ("network", "rm") and not refused:
            refused.append("network")
            raise leftovers.DockerError("network n1 has active endpoints")
        return fake(*words, within=within)

    monkeypatch.setattr(leftovers, "docker", busy)
    left = Leftovers(Settings(name="trial", project=tmp_path))
    left.remove_for_good(late=False)
    assert refused
    assert not left.exist()


def test_an_error_that_does_not_pass_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*words: str, within: float = 60) -> str:
        raise leftovers.DockerError("docker ps: exit 1: Cannot connect to the Docker daemon")

    monkeypatch.setattr(leftovers, "docker", down)
    with pytest.raises(Impossible, match="Cannot connect to the Docker daemon"):
        Leftovers(Settings(name="trial", project=tmp_path)).remove_for_good(late=False)


def test_a_cluster_is_whole_when_all_of_it_or_nothing_is_there(docker: list[tuple[str, ...]], tmp_path: Path) -> None:
    two, three = (Leftovers(Settings(name="trial", machines=number, project=tmp_path)) for number in (2, 3))
    assert not two.is_whole()
    assert not three.is_whole()
    two.remove()
    assert two.is_whole()


def test_locks_and_leases_of_killed_commands_go_from_vagrants_home_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAGRANT_HOME", str(tmp_path))
    leases = tmp_path / "data" / "fp-leases"
    leases.mkdir(parents=True)
    for name in ("127_0_0_1_25801", "127_0_0_1_25802", "127_0_0_1_25803", "127_0_0_1_2200"):
        (leases / name).touch()
    (tmp_path / "data" / "lock.machine-action-of-another.lock").touch()
    vagranthome.forget(Settings(name="trial", machines=2, subnet="192.168.58", project=tmp_path))
    assert sorted(lease.name for lease in leases.iterdir()) == ["127_0_0_1_2200", "127_0_0_1_25803"]
    assert len(list((tmp_path / "data").glob("lock.*"))) == 1


@pytest.mark.usefixtures("docker")
def test_vagrants_memory_and_the_clusters_folder_go_too(tmp_path: Path) -> None:
    settings = Settings(name="trial", project=tmp_path)
    settings.dotfiles.mkdir(parents=True)
    (settings.folder / "owner").touch()
    Leftovers(settings).remove()
    assert not settings.folder.exists()


def is_known(process: subprocess.Popen[bytes]) -> bool:
    """Whether its words and variables can be read: not so for a moment after its exec, where Popen returns."""
    known = psutil.Process(process.pid)
    return bool(known.cmdline() and known.environ())


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
        eventually("the kernel says what they are", lambda: all(map(is_known, processes)), within=5)
        Leftovers(ours).stop_vagrant()
        assert processes[0].wait(timeout=5) == -9
        assert processes[1].poll() is None
    finally:
        for process in processes:
            process.kill()
            process.wait()
