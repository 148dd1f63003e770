"""Every node serves the page, and in a browser it shows the cluster as it is.

What it shows while machines are frozen or gone is told where they are: test_silent_machine_loss.py (one node does not
answer) and test_whole_cluster_halted.py (no master).
"""

from __future__ import annotations

import pytest

from cluster.es import Es
from cluster.eventually import eventually
from cluster.label import INSTANCES, LOGGING
from cluster.marvel import PATH, Marvel, marvel
from cluster.settings import Settings
from cluster.site import Site


def test_every_node_serves_the_page(es: Es, settings: Settings) -> None:
    machines = es.accepting()
    assert len(machines) == len(INSTANCES)
    for machine in machines:
        first = es.get(machine, PATH)
        assert (first.status_code, first.headers["Location"]) == (301, f"{PATH}/")
        page = es.get(machine, f"{PATH}/")
        assert page.status_code == 200
        assert page.headers["Content-Type"].startswith("text/html")
        assert ('data-testid="verdict"' in page.text) == (settings.marvel_zip is None)


def test_the_page_shows_five_live_nodes_as_the_api_has_them_and_its_console_is_clean(
    site: Site, es: Es, settings: Settings
) -> None:
    if settings.marvel_zip is not None:
        pytest.skip("MARVEL_ZIP: another Marvel is served than the project's page")
    wanted = LOGGING.nodes
    with marvel(site, es.accepting()[0]) as page:
        eventually("the five live nodes are shown", lambda: page.live() == wanted, 20, context=page.text)
        eventually("master and shards are the API's", lambda: shown(page) == told(es), 20, context=page.text)
        assert "green" in page.verdict
        assert page.complaints() == []


def shown(page: Marvel) -> dict[str, tuple[bool, int]]:
    """Return of each live node on the page: whether it is the master, and how many copies of shards it has."""
    return {row.name: (row.is_master, row.shards) for row in page.rows() if row.is_live}


def told(es: Es) -> dict[str, tuple[bool, int]]:
    """Return the same by Elasticsearch's API."""
    master, copies = es.node_on(es.master()).id, es.copies("_all")
    return {node.name: (node.id == master, sum(copy.node == node.id for copy in copies)) for node in es.nodes()}
