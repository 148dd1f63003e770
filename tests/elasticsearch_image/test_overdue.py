"""Copies that Elasticsearch has forgotten: the discovery of the master's instance has them placed."""

import pytest
from toolkit.elasticsearch import Elasticsearch
from toolkit.overdue import OverdueCopies

from cluster.eventually import eventually
from tests.elasticsearch_image.conftest import Instance
from tests.elasticsearch_image.listener import Listener

REROUTE = "/_cluster/reroute"


@pytest.fixture
def overdue(one: Instance, monkeypatch: pytest.MonkeyPatch) -> OverdueCopies:
    """It looks whenever it is told to."""
    monkeypatch.setattr("toolkit.overdue.EVERY", 0.0)
    return OverdueCopies(Elasticsearch(one.settings))


def after_looks(node: Listener, overdue: OverdueCopies, looks: int = 2) -> list[str]:
    for _ in range(looks):
        overdue.look()
    return node.posted


def test_the_discovery_of_the_master_has_forgotten_copies_placed(one: Instance) -> None:
    discovery = one.run("discovery")
    with one.node() as node:
        node.knows(version=7, unassigned=3)
        discovery.says("3 copies wait and nothing is being copied: Elasticsearch was asked to place them")
        eventually("it was asked", lambda: node.posted == [REROUTE], within=1)


def test_a_state_is_asked_about_once_and_the_next_one_again(one: Instance, overdue: OverdueCopies) -> None:
    with one.node() as node:
        node.knows(version=7, unassigned=3)
        assert after_looks(node, overdue, 1) == [], "one look finds also what is about to be placed"
        assert after_looks(node, overdue, 5) == [REROUTE]
        node.knows(version=8, unassigned=3)
        assert after_looks(node, overdue, 5) == [REROUTE] * 2


def test_a_state_that_changes_from_look_to_look_is_left_alone(one: Instance, overdue: OverdueCopies) -> None:
    with one.node() as node:
        for version in range(5):
            node.knows(version, unassigned=3)
            assert after_looks(node, overdue, 1) == []


@pytest.mark.parametrize("kind", ["delayed_unassigned", "initializing", "relocating"])
def test_copies_that_are_held_back_or_have_their_turn_later_are_left_alone(
    one: Instance, overdue: OverdueCopies, kind: str
) -> None:
    with one.node() as node:
        node.knows(version=7, unassigned=3, **{kind: 1})
        assert after_looks(node, overdue) == []


def test_a_green_cluster_is_left_alone(one: Instance, overdue: OverdueCopies) -> None:
    with one.node() as node:
        node.knows(version=7, unassigned=0)
        assert after_looks(node, overdue) == []


def test_a_node_that_is_not_the_master_asks_nothing(one: Instance, overdue: OverdueCopies) -> None:
    with one.node() as node:
        node.knows(version=7, unassigned=3)
        node.elects("another-id")
        assert after_looks(node, overdue) == []
