"""What `cluster gc` removes, and what it leaves alone."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from cluster import garbage, ownership
from cluster.errors import InfraError
from cluster.host.engine import Engine, State
from cluster.settings import RESERVED, Settings


class Host:
    """A host in memory: the clusters that docker has, those that run, those that cannot be removed."""

    known: list[str] = []
    running: set[str] = set()
    stubborn: set[str] = set()
    removed: list[Settings] = []

    def __init__(self, settings: Settings, say: object = None) -> None:
        self.settings = settings

    def run(self) -> bool:
        return self.settings.name in self.running

    def down(self) -> None:
        if self.settings.name in self.stubborn:
            raise InfraError("docker does not answer")
        self.removed.append(self.settings)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in (("known", []), ("running", set()), ("stubborn", set()), ("removed", [])):
        monkeypatch.setattr(Host, name, value)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(garbage, "Cluster", Host)
    monkeypatch.setattr(garbage, "Leftovers", Host)
    monkeypatch.setattr(garbage.leftovers, "clusters", lambda: Host.known)
    monkeypatch.setattr(garbage.engine, "look", lambda name: Engine(State.ANSWERS))
    return Settings(name="trial", project=tmp_path)


def removed(settings: Settings, *names: str, left: list[str] | None = None) -> list[str]:
    assert garbage.remove_clusters(settings, names, lambda _: None) == (left or [])
    return [each.name for each in Host.removed]


def test_the_folders_that_all_clusters_share_are_no_clusters(settings: Settings) -> None:
    for name in (*RESERVED, "trial", "trial-2"):
        (settings.work / name).mkdir(parents=True)
    Host.known[:] = ["evidence"]  # another version's
    assert removed(settings) == ["trial", "trial-2"]


def test_a_running_cluster_stays_unless_a_run_of_the_suite_here_made_it(settings: Settings) -> None:
    Host.known[:] = ["mine", "ours", "theirs", "crashed"]
    Host.running |= {"mine", "ours", "theirs"}
    ownership.note(replace(settings, name="mine"), ownership.PERSON)
    ownership.note(replace(settings, name="ours"), ownership.suite("7"))
    assert removed(settings) == ["crashed", "ours"]


def test_a_running_cluster_that_is_named_goes(settings: Settings) -> None:
    Host.running.add("mine")
    assert removed(settings, "mine") == ["mine"]


def test_one_that_cannot_be_removed_keeps_no_other_and_is_told(settings: Settings) -> None:
    Host.known[:] = ["one", "two"]
    Host.stubborn.add("one")
    assert removed(settings, left=["one"]) == ["two"]


def test_one_that_somebody_changes_stays(settings: Settings) -> None:
    Host.known[:] = ["one", "two"]
    with ownership.held(replace(settings, name="one"), "a test run"):
        assert removed(settings) == ["two"]
        assert removed(settings, "one", left=["one"]) == ["two"]


def test_a_cluster_is_removed_with_the_size_and_subnet_that_it_was_made_with(settings: Settings) -> None:
    made = replace(settings, name="trial-2", machines=3, prefix="node", subnet="192.168.60")
    ownership.note(made, ownership.suite("7"))
    removed(settings)
    assert Host.removed == [made]


def test_where_nobody_wrote_the_subnet_down_docker_knows_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Engine, "subnets_of", lambda self, name: ["192.168.61"])
    removed(settings, "theirs")
    assert Host.removed == [replace(settings, name="theirs", subnet="192.168.61")]
