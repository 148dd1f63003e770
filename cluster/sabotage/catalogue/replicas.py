"""Sabotages of: nodes carry the label; the replica factor is 3."""

from __future__ import annotations

from cluster.sabotage.sabotage import Red, Sabotage, Setting

FILE = "e2e/test_replicas.py"
REPLICAS = f"{FILE}::test_an_index_without_settings_has_three_replicas"
COPIES = f"{FILE}::test_each_shard_has_four_copies_on_four_machines"
READABLE = f"{FILE}::test_a_document_is_readable_from_each_of_its_copies"
WATCHED = "e2e/test_marvel.py::test_the_page_shows_twenty_indices_of_five_shards_and_four_copies"
LABELLED = f"{FILE}::test_every_node_carries_the_label"

SABOTAGES = (
    Sabotage(
        "replica-factor-1",
        "the replica factor is 3",
        (Setting("REPLICAS", "1"),),
        (
            Red(REPLICAS, "assert '1' == '3'"),
            Red(COPIES, "assert 2 == 4"),
            Red(READABLE, "assert 2 == 4"),
            Red(WATCHED, "for: the page shows all copies"),
        ),
        green=(LABELLED,),
    ),
    Sabotage(
        "another-label",
        "nodes carry the label ElasticSearch_logging",
        (Setting("NODE_LABEL", "another"),),
        (Red(LABELLED, "assert {'another'} == {'ElasticSearch_logging'}"),),
        green=(REPLICAS, COPIES, READABLE),
    ),
)
