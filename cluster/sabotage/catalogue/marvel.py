"""Sabotages of: the cluster is watched in Marvel."""

from __future__ import annotations

from cluster.sabotage.catalogue.machine_loss import FREEZES, HALTED
from cluster.sabotage.catalogue.parts import MAIN, patched, spelled
from cluster.sabotage.sabotage import Red, Sabotage, Setting

FILE = "e2e/test_marvel.py"
SERVED = f"{FILE}::test_every_node_serves_the_page"
SHOWS = f"{FILE}::test_the_page_shows_five_live_nodes_as_the_api_has_them_and_its_console_is_clean"

FIGURES = "/usr/share/elasticsearch/plugins/marvel/_site/figures.js"
ONE_NODE, ALL_NODES = "_nodes/${encodeURIComponent(id)}/stats", "_nodes/stats"
"""What the page asks of each node by itself; of all at once, Elasticsearch waits for the one that is frozen."""

SABOTAGES = (
    Sabotage(
        "no-plugin",
        "the cluster is watched in Marvel",
        (Setting("ES_OPTS", "-Des.path.plugins=/nowhere"),),
        (Red(SERVED, "assert 404 == 200"), Red(SHOWS, "the page shows the five live nodes")),
        green=("e2e/test_replicas.py::test_every_node_carries_the_label",),
    ),
    Sabotage(
        "a-page-that-asks-all-nodes-at-once",
        "the page names a node that does not answer, and goes on with the others",
        (
            patched(
                MAIN,
                "from pathlib import Path",
                f"page = Path({spelled(FIGURES)})",
                f"page.write_text(page.read_text().replace({spelled(ONE_NODE)}, {spelled(ALL_NODES)}))",
            ),
        ),
        (Red(FREEZES, "for: the page shows who does not answer"),),
        green=(SHOWS,),
    ),
    Sabotage(
        "a-recorder-without-a-spool",
        "Marvel's history has no hole where the cluster was down",
        (Setting("MARVEL_SPOOL_MB", "0"),),
        (Red(HALTED, "not told: the master is lost for those that are left"),),
        green=(SHOWS,),
    ),
)
