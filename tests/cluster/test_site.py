"""When the next story may begin, and how long one waits for five green nodes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from cluster.cluster import Cluster
from cluster.deploy import Deployment
from cluster.es import Health
from cluster.eventually import TimedOut
from cluster.label import HOSTS, LOCK
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
