"""Every node serves the page, and in a browser it shows the cluster as it is.

What it shows while machines are frozen or gone is told where they are: test_machine_loss.py (one was killed),
test_silent_machine_loss.py (one node does not answer) and test_whole_cluster_halted.py (no master).
"""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from cluster.es import Es
from cluster.eventually import eventually
from cluster.label import INSTANCES, LOGGING
from cluster.machine import Machine
from cluster.marvel import PATH, Marvel, marvel
from cluster.settings import Settings
from cluster.site import Site

OTHERS = "MARVEL_ZIP: another Marvel is served than the project's page"


def test_every_node_serves_the_page(es: Es, settings: Settings) -> None:
    for machine in eventually("five nodes answer", lambda: five(es), within=10):
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
        pytest.skip(OTHERS)
    wanted = LOGGING.nodes
    with marvel(site, es.accepting()[0]) as page:
        page.shows("the five live nodes", lambda: page.live() == wanted, within=20)
        page.shows("master and shards as the API has them", lambda: shown(page) == told(es), within=20)
        page.shows("that all is well", lambda: page.verdict.startswith("green: five nodes"), within=20)
        assert page.complaints() == []


def test_the_page_shows_twenty_indices_of_five_shards_and_four_copies(site: Site, es: Es, settings: Settings) -> None:
    if settings.marvel_zip is not None:
        pytest.skip(OTHERS)
    names = [f"many-{number:02}" for number in range(1, 21)]
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(es.index(name, {"settings": {"number_of_shards": 5}}))
        site.wait_joined()
        with marvel(site, es.accepting()[0], "marvel-many.png") as page:
            page.shows("all copies", lambda: copies_of(page, names) == {"all 20"}, within=30)
            page.shows("each node's as the API has them", lambda: has_all(shown(page), told(es)), within=20)
            assert page.complaints() == []


def five(es: Es) -> list[Machine]:
    """Return where nodes answer, if those are five: one that has just joined opens its port a moment later."""
    machines = es.accepting()
    return machines if len(machines) == len(INSTANCES) else []


def has_all(there: dict[str, tuple[bool, int]], by_api: dict[str, tuple[bool, int]]) -> bool:
    """Whether the page shows what the API tells, and that is all copies of the twenty indices."""
    return there == by_api and sum(shards for _, shards in there.values()) >= 400


def copies_of(page: Marvel, names: list[str]) -> set[str | None]:
    """Return what the page tells of the copies of these indices."""
    there = page.indices()
    return {there.get(name) for name in names}


def shown(page: Marvel) -> dict[str, tuple[bool, int]]:
    """Return of each live node on the page: whether it is the master, and how many copies of shards it has."""
    return {row.name: (row.is_master, row.shards) for row in page.rows() if row.is_live}


def told(es: Es) -> dict[str, tuple[bool, int]]:
    """Return the same by Elasticsearch's API."""
    master, copies = es.node_on(es.master()).id, es.copies("_all")
    return {node.name: (node.id == master, sum(copy.node == node.id for copy in copies)) for node in es.nodes()}
