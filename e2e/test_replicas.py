"""The nodes carry the label ElasticSearch_logging; the replica factor is 3."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cluster.es import Es
from cluster.eventually import eventually
from cluster.label import COPIES, INSTANCES


@pytest.fixture
def plain(es: Es) -> Iterator[str]:
    """An index that is created without any settings."""
    with es.index("plain") as name:
        eventually("all copies are started", lambda: es.health().is_green(nodes=len(INSTANCES)), within=60)
        yield name


def test_an_index_without_settings_has_three_replicas(plain: str, es: Es) -> None:
    settings = es.any().indices.get_settings(plain)[plain]["settings"]["index"]
    assert settings["number_of_replicas"] == "3"


def test_each_shard_has_four_copies_on_four_machines(plain: str, es: Es) -> None:
    copies = es.copies(plain)
    assert {copy.state for copy in copies} == {"STARTED"}
    for shard in {copy.shard for copy in copies}:
        places = [copy.address for copy in copies if copy.shard == shard]
        assert len(places) == len(set(places)) == COPIES
        assert sum(copy.primary for copy in copies if copy.shard == shard) == 1


def test_a_document_is_readable_from_each_of_its_copies(plain: str, es: Es) -> None:
    client = es.any()
    client.index(plain, "doc", {"said": "once"}, id="only")
    nodes = [copy["node"] for copy in client.search_shards(plain, routing="only")["shards"][0]]

    assert len(nodes) == COPIES
    for node in nodes:
        document = client.get(plain, "only", doc_type="doc", preference=f"_only_node:{node}")
        assert document["_source"] == {"said": "once"}


def test_every_node_carries_the_label(es: Es) -> None:
    labels = {node.name: node.attributes.get("label") for node in es.nodes()}
    assert len(labels) == len(INSTANCES)
    assert set(labels.values()) == {"ElasticSearch_logging"}
