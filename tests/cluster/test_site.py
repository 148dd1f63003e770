"""When the next story may begin, and how long one waits for five green nodes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from cluster import history
from cluster.cluster import Cluster
from cluster.deploy import Deployment
from cluster.errors import InfraError
from cluster.es import Health
from cluster.eventually import TimedOut
from cluster.faults import Order, store
from cluster.faults.store import Held
from cluster.label import HOSTS, LOCK
from cluster.observers.journal import STATES
from cluster.settings import Settings
from cluster.site import Site

GREEN = Health("green", nodes=5, shards=20, unsettled=0)


class Keys:
    """An etcd with five published hosts and a free lease."""

    def __init__(self) -> None:
        self.keys = {f"{HOSTS}m{number}": "here" for number in range(5)}

    def prefix(self, prefix: str) -> dict[str, str]:
        return {key: value for key, value in self.keys.items() if key.startswith(prefix)}

    def get(self, key: str) -> str | None:
        return self.keys.get(key)


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def site(keys: Keys, tmp_path: Path) -> Site:
    """A site whose cluster is healthy, in memory."""
    site = Site(Settings(name="trial", project=tmp_path), lambda _: None)
    es = SimpleNamespace(health=lambda: GREEN, unsettled=list)
    site.cluster = cast(Cluster, SimpleNamespace(trouble=list, es=es, etcd=keys, fleet=SimpleNamespace(units=list)))
    site.deployments = [cast(Deployment, None)]
    return site


@pytest.mark.parametrize("found", [True, False])
def test_the_faults_of_a_cluster_that_stays_are_written_down_as_long_as_it_is_the_sites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: bool
) -> None:
    site = Site(Settings(name="trial", project=tmp_path), lambda _: None)
    site.is_found = found
    whole = {"wait_healthy": lambda: None, "up": lambda *_, **__: None, "disconnect": lambda: None}
    site.cluster = cast(Cluster, SimpleNamespace(settings=site.cluster.settings, **whole))
    for name in ("Reaper", "Recorder", "Observers", "Etcd"):
        monkeypatch.setattr(f"cluster.site.{name}", lambda *_, **__: SimpleNamespace(stop=str, close=str))
    held, order = Held(site.cluster.settings), Order("kill-machine", "core-01")
    site.up()
    store.note(1, order)
    assert held.orders() == ([order] if found else [])
    site.disconnect()
    store.note(2, Order("kill-machine", "core-02"))
    assert held.orders() == ([order] if found else [])


class Unbooted:
    """A cluster of which one machine said something before the boot failed; another one's journal is an older one's."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def up(self, maker: str, fresh: bool) -> None:
        self._says("core-01", history.wall(), "elasticsearch_logging@1.service")
        self._says("core-02", history.wall() - 3600, "elasticsearch_logging@2.service")
        raise InfraError("core-02 did not come up")

    def _says(self, machine: str, at: float, unit: str) -> None:
        fields = {"__REALTIME_TIMESTAMP": str(int(at * 1e6)), "__CURSOR": machine, "_PID": "1", "UNIT": unit}
        line = json.dumps({**fields, "MESSAGE_ID": next(iter(STATES)), "MESSAGE": "Starting"})
        self.settings.journals.mkdir(parents=True, exist_ok=True)
        (self.settings.journals / f"{machine}.jsonl").write_text(f"{line}\n")


def test_of_a_boot_that_failed_the_history_has_what_the_journals_said_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(Settings(name="trial", project=tmp_path), lambda _: None)
    site.cluster = cast(Cluster, Unbooted(site.cluster.settings))
    monkeypatch.setattr("cluster.site.Reaper", lambda *_: None)
    kept: list[str] = []
    monkeypatch.setattr("cluster.site.evidence.collect", lambda cluster, folder, *_: kept.append(folder.name))
    with site.recording("test") as writer, pytest.raises(InfraError, match="did not come up"):
        site.up()
    told = history.read(writer.path)
    assert [(one.machine, one.unit) for one in told.of(history.Unit)] == [
        ("core-01", "elasticsearch_logging@1.service")
    ]
    assert {one.phase for one in told.of(history.Observer)} == {"begin", "end"}
    assert kept == ["boot-trial"]


def test_five_green_nodes_that_are_published_and_a_free_lease_are_no_trouble(site: Site) -> None:
    assert site.trouble() == []


def test_a_node_that_is_not_published_is_trouble(site: Site, keys: Keys) -> None:
    del keys.keys[f"{HOSTS}m3"]
    assert [trouble.partition(HOSTS)[0] for trouble in site.trouble()] == ["etcd: the published hosts are "]


def test_a_host_that_nobody_has_withdrawn_is_trouble(site: Site, keys: Keys) -> None:
    keys.keys[f"{HOSTS}m6"] = "gone"
    assert len(site.trouble()) == 1


def test_a_lease_that_is_still_held_is_trouble(site: Site, keys: Keys) -> None:
    keys.keys[LOCK] = '{"holder": "es-3", "ip": "m3"}'
    assert site.trouble() == ["etcd: the startup lease is held by es-3 on m3"]


def test_who_waits_for_green_asks_the_nodes_that_were_given(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(site, "_canary", lambda es: asked.append(es) or True)
    left = SimpleNamespace(health=lambda: GREEN)
    site.wait_joined(1, left)  # type: ignore[arg-type]
    assert asked == [left]


def test_nodes_that_do_not_turn_green_in_time_are_an_error(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.bounds.ANSWER", 0.1)
    monkeypatch.setattr(site, "_canary", lambda es: True)
    yellow = SimpleNamespace(health=lambda: Health("yellow", nodes=5, shards=20, unsettled=1))
    with pytest.raises(TimedOut, match="5 nodes are green"):
        site.wait_joined(0.3, yellow)  # type: ignore[arg-type]
