"""Slots: as many clusters as the host carries, each with a name and a subnet of its own."""

from __future__ import annotations

import tempfile
import threading
from contextlib import ExitStack
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from cluster import slots
from cluster.eventually import TimedOut
from cluster.host.engine import DockerNetwork, Engine, State
from cluster.host.net import Use
from cluster.settings import Settings


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A cluster on a host whose docker has no network and on which nobody else uses an address."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(slots.engine, "look", lambda name: Engine(State.ANSWERS))
    monkeypatch.setattr(slots.net, "uses", lambda *_, **__: [])
    return Settings(name="trial", subnet="192.168.58", project=tmp_path)


def silent(line: str) -> None: ...


@pytest.mark.parametrize(
    ("memory", "cores", "clusters"),
    [(24 * 1024, 2, 2), (24 * 1024, 8, 5), (4480, 8, 1), (2 * 4480 - 1, 8, 1), (2 * 4480, 8, 2), (100, 1, 1)],
)
def test_a_cluster_takes_a_core_and_the_memory_of_its_machines(memory: int, cores: int, clusters: int) -> None:
    assert slots.allowed(6, memory, cores) == clusters


def test_the_first_is_the_cluster_itself_and_the_others_are_derived(base: Settings) -> None:
    with slots.taken(base, 3, "a", silent) as one, slots.taken(base, 3, "b", silent) as two:
        assert one == base
        assert (two.name, two.subnet, two.machines) == ("trial-2", "192.168.63", base.machines)
        assert one.beside == two.beside == 2
        with slots.taken(base, 3, "c", silent) as three:
            assert (three.name, three.subnet) == ("trial-3", "192.168.62")
    with slots.taken(base, 3, "d", silent) as again:
        assert again == base


def test_a_subnet_that_somebody_uses_is_passed_over(base: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    used = [Use("interface wg0", IPv4Network("192.168.63.0/24"))]
    monkeypatch.setattr(slots.net, "uses", lambda *_, **__: used)
    with slots.taken(base, 2, "a", silent), slots.taken(base, 2, "b", silent) as two:
        assert two.subnet == "192.168.62"


def test_the_subnet_of_the_projects_own_cluster_is_left_to_it(base: Settings) -> None:
    other = replace(base, default_subnet="192.168.63")
    with slots.taken(other, 2, "a", silent), slots.taken(other, 2, "b", silent) as two:
        assert two.subnet == "192.168.62"


def test_a_kept_cluster_is_found_on_the_subnet_it_has(base: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = DockerNetwork("trial-2", "br-1", (IPv4Network("192.168.60.0/24"),), "trial-2")
    monkeypatch.setattr(slots.engine, "look", lambda name: Engine(State.ANSWERS, networks=(kept,)))
    with slots.taken(base, 2, "a", silent), slots.taken(base, 2, "b", silent) as two:
        assert two.subnet == "192.168.60"


def test_where_no_subnet_is_free_that_is_what_is_told(base: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots.net, "uses", lambda *_, **__: [Use("interface wg0", IPv4Network("192.168.0.0/16"))])
    monkeypatch.setattr(slots, "PATIENCE", 0.1)
    told: list[str] = []
    first, second = slots.taken(base, 2, "a test run", silent), slots.taken(base, 2, "b", told.append)
    with first, pytest.raises(TimedOut), second:
        pass
    assert told[0].startswith("waiting for one of 2 slots; they are taken by a test run (process ")
    assert told[0].endswith("; no subnet of 192.168.57 to 192.168.63 is free")


def test_who_finds_none_free_waits_and_says_for_whom(base: Settings) -> None:
    told: list[str] = []
    with ExitStack() as first:
        first.enter_context(slots.taken(base, 1, "a test run", silent))

        def say(line: str) -> None:
            told.append(line)
            threading.Thread(target=first.pop_all().close).start()

        with slots.taken(base, 1, "another", say) as later:
            assert later == base
    assert told[0].startswith("waiting for one of 1 slots; they are taken by a test run (process ")


def test_no_lock_is_left(base: Settings, tmp_path: Path) -> None:
    with slots.taken(base, 2, "a", silent), slots.taken(base, 2, "b", silent):
        assert len(list((tmp_path / "elasticsearch-fleet").iterdir())) == 4
    assert list((tmp_path / "elasticsearch-fleet").iterdir()) == []
