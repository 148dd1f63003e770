"""Every node serves the page, and in a browser it shows the cluster as it is."""

from __future__ import annotations

import pytest
import requests

from cluster.browser import Browser
from cluster.cluster import Cluster
from cluster.deploy import INSTANCES, node_name
from cluster.es import Es
from cluster.eventually import eventually

MARVEL = "/_plugin/marvel"


def test_every_node_serves_the_page(es: Es) -> None:
    machines = es.accepting()
    assert len(machines) == len(INSTANCES)
    for machine in machines:
        first = requests.get(f"http://{machine.address}:9200{MARVEL}", allow_redirects=False, timeout=5)
        assert (first.status_code, first.headers["Location"]) == (301, f"{MARVEL}/")
        page = requests.get(f"http://{machine.address}:9200{MARVEL}/", allow_redirects=False, timeout=5)
        assert page.status_code == 200
        assert page.headers["Content-Type"].startswith("text/html")
        assert 'data-testid="verdict"' in page.text


@pytest.mark.usefixtures("es")
def test_the_page_shows_five_live_nodes_and_its_console_is_clean(cluster: Cluster, es: Es) -> None:
    with Browser() as browser:
        browser.open(f"http://{es.accepting()[0].address}:9200{MARVEL}/")
        live = "#nodes tbody tr[data-live=yes]"
        wanted = [node_name(number) for number in INSTANCES]
        eventually(
            "the five live nodes are shown",
            lambda: sorted(str(row.get_attribute("data-node")) for row in browser.all(live)) == wanted,
            within=20,
            context=lambda: browser.text("body"),
        )
        assert "green" in browser.text("#verdict")
        picture = cluster.settings.folder / "marvel.png"
        browser.screenshot(picture)
        assert browser.console_errors() == []
    assert picture.stat().st_size > 0
