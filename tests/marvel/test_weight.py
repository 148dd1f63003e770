"""How much a reader's browser fetches for the page."""

import gzip

from cluster.browser import Browser
from tests.marvel.replay import PAGE, Replay
from tests.marvel.test_page import opened

MOST = 100_000
"""Bytes as they are sent, packed by level 6 as http.compression does. 150 kB were allowed; this keeps it so."""


def test_all_files_of_the_page_are_light_as_they_are_sent(node: Replay, browser: Browser) -> None:
    node.served.clear()
    opened(browser, node, "green")
    assert {"index.html", "app.js", "app.css", "vendor/uPlot.js"} <= node.served.keys()
    sent = {name: len(gzip.compress(content, 6)) for name, content in node.served.items()}
    assert sum(sent.values()) < MOST, sent


def test_every_script_of_the_page_is_one_that_it_loads(node: Replay, browser: Browser) -> None:
    node.served.clear()
    opened(browser, node, "green")
    scripts = {path.relative_to(PAGE).as_posix() for path in PAGE.rglob("*.js")}
    assert scripts == {name for name in node.served if name.endswith(".js") and not name.startswith("vendor/")}
