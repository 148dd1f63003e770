"""Every node serves the page, and in a browser it shows the cluster as it is."""

from __future__ import annotations

from cluster.browser import Browser
from cluster.deploy import INSTANCES, node_name
from cluster.es import Es
from cluster.eventually import eventually
from cluster.site import Site

MARVEL = "/_plugin/marvel"


def test_every_node_serves_the_page(es: Es) -> None:
    machines = es.accepting()
    assert len(machines) == len(INSTANCES)
    for machine in machines:
        first = es.get(machine, MARVEL)
        assert (first.status_code, first.headers["Location"]) == (301, f"{MARVEL}/")
        page = es.get(machine, f"{MARVEL}/")
        assert page.status_code == 200
        assert page.headers["Content-Type"].startswith("text/html")
        assert 'data-testid="verdict"' in page.text


def test_the_page_shows_five_live_nodes_as_the_api_has_them_and_its_console_is_clean(site: Site, es: Es) -> None:
    wanted = [node_name(number) for number in INSTANCES]
    with Browser(site.run / "marvel.png", folder=site.cluster.settings.browser) as browser:
        browser.open(f"http://{es.accepting()[0].address}:9200{MARVEL}/")
        eventually("the five live nodes are shown", lambda: sorted(shown(browser)) == wanted, 20, context=browser.page)
        eventually("master and shards are the API's", lambda: shown(browser) == told(es), 20, context=browser.page)
        assert "green" in browser.text("#verdict")
        assert browser.console_errors() == []


def shown(browser: Browser) -> dict[str, tuple[bool, int]]:
    """Return of each live node on the page: whether it is the master, and how many copies of shards it has."""
    rows = {row["data-node"]: row for row in browser.rows("#nodes tbody tr[data-live=yes]", "data-node")}
    return {name: (row["master"] == "master", int(row["shards"].split()[0])) for name, row in rows.items()}


def told(es: Es) -> dict[str, tuple[bool, int]]:
    """Return the same by Elasticsearch's API."""
    master, copies = es.node_on(es.master()).id, es.copies("_all")
    return {node.name: (node.id == master, sum(copy.node == node.id for copy in copies)) for node in es.nodes()}
