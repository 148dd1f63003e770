"""The shard map along what happened: step by step, by the slider, played, and where the browser keeps nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from cluster.browser import Browser
from cluster.eventually import eventually, steadily
from tests.marvel.replay import Replay
from tests.marvel.test_page import NAMES, SOON, opened, wait_for_text
from tests.marvel.test_panels import day, record_days
from tests.marvel.test_words import cluster, copy

KEPT = 5
"""Seconds that a state lasts: the page looks every two, and shows the map of two seconds after an event."""

PLAYED = 30.0
"""Seconds in which it is played up to the loss: 1.5 for each event, of which the starts of five nodes come first."""

NOTHING_IS_KEPT = """Object.defineProperty(window, "indexedDB", {
    get() { throw new DOMException("The operation is insecure.", "SecurityError"); } });"""
"""What a page finds where a browser is told to keep nothing."""

LOST = "R0\nunassigned"
SHOWN = """const panel = document.getElementById("panel-shards");
    return [panel.querySelector("output").textContent, panel.dataset.past, panel.innerText.includes(arguments[0])];"""
NOW = ("", False)
BACKWARDS = [("green", False), ("green", False), ("yellow", True)]
"""Green again, its copy complete, and lost: which time the map is of, and whether it lacks the copy."""


@pytest.fixture(params=["kept", "not kept"])
def keeping(request: pytest.FixtureRequest, browser: Browser) -> Iterator[bool]:
    """Have a browser that keeps what a page stores, and one that does not let it."""
    if request.param == "kept":
        yield True
        return
    command = "Page.addScriptToEvaluateOnNewDocument"
    added = browser.driver.execute_cdp_cmd(command, {"source": NOTHING_IS_KEPT})
    yield False
    browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_what_the_page_saw_is_shown_again_step_by_step(node: Replay, browser: Browser, keeping: bool) -> None:
    seen_green_yellow_and_green(node, browser)
    back, play, forth, now = browser.all("[data-replay] button")
    shows(browser, NOW)

    for wanted in BACKWARDS:
        back.click()
        shows(browser, wanted)
    for wanted in (*BACKWARDS[1::-1], NOW):
        forth.click()
        shows(browser, wanted)
    back.click()
    shows(browser, BACKWARDS[0])
    now.click()
    shows(browser, NOW)

    for wanted in BACKWARDS:
        browser.all("#replay")[0].send_keys(Keys.ARROW_LEFT)
        shows(browser, wanted)
    browser.all("#replay")[0].send_keys(Keys.END)
    shows(browser, NOW)

    play.click()
    shows(browser, BACKWARDS[-1], within=PLAYED)
    assert play.text == "Stop"
    shows(browser, NOW)
    eventually("it is played to its end", lambda: play.text == "Play", SOON)
    assert browser.console_errors() == []

    browser.driver.refresh()
    wait_for_text(browser, "#verdict", "green", SOON)
    if keeping:
        wait_for_text(browser, "#panel-timeline tbody", "yellow", SOON)
    else:
        wait_for_text(browser, "#panel-timeline tbody", "began", SOON)
        assert "yellow" not in browser.text("#panel-timeline tbody")
    assert browser.console_errors() == []


def test_what_the_recorder_kept_is_shown_of_the_time_that_was_chosen_last(node: Replay, browser: Browser) -> None:
    """The first map is still asked for when the reader goes on: a slider is quicker than a sick cluster."""
    record_green_yellow_and_green(node)
    node.slow["placement"] = Event()
    opened(browser, node, "green")
    wait_for_text(browser, "#panel-timeline tbody", "yellow", SOON)
    places = [row for row in browser.text("#panel-timeline tbody").splitlines() if "green" in row or "yellow" in row]
    assert len(places) == 3
    while "yellow" not in browser.text("#panel-shards output"):
        browser.all("#replay")[0].send_keys(Keys.ARROW_LEFT)
        wait_for_text(browser, "#panel-shards output", "Not now", SOON)
    assert browser.text("#panel-shards output").endswith("Asking for what the recorder kept …")
    assert "Asking for the map of this time" in browser.text("#shards")
    node.slow.pop("placement").set()
    wait_for_text(browser, "#panel-shards output", "kept by the recorder.", SOON)
    assert shown(browser) == ("yellow", True)
    browser.all("[data-replay] button")[2].click()
    shows(browser, ("green", False))
    assert browser.console_errors() == []


def test_a_time_that_is_chosen_in_the_strip_is_marked_in_the_list(node: Replay, browser: Browser) -> None:
    record_green_yellow_and_green(node)
    opened(browser, node, "green")
    wait_for_text(browser, "#panel-timeline tbody", "yellow", SOON)
    strip = browser.all(".strip")[0]
    within_the_yellow = 0.5 - 90 / 3600
    across = int(strip.rect["width"] * within_the_yellow)
    ActionChains(browser.driver).move_to_element_with_offset(strip, across, 0).click().perform()
    wait_for_text(browser, "#panel-shards output", "kept by the recorder.", SOON)
    (pressed,) = browser.all("#panel-timeline tr:has([aria-pressed=true])")
    assert "yellow" in pressed.text


FOLDED_THEN = """
    const [address, [before, after], done] = arguments;
    import(address).then(({ showMap }) => {
      const table = document.createElement("table");
      table.append(document.createElement("thead"), document.createElement("tbody"));
      const coming = () => table.querySelectorAll("[data-state=INITIALIZING]").length;
      showMap(table, before);
      showMap(table, after);
      const counts = [coming()];
      table.querySelector("[data-index=i3] button").click();
      done([...counts, coming()]);
    })"""


def test_a_row_that_is_unfolded_leaves_the_map_that_is_shown(node: Replay, browser: Browser) -> None:
    """The row is of before: it has not changed since, another one has."""
    opened(browser, node, "green")
    calm = [copy(primary=True, index=f"i{n}") for n in range(10)]
    coming = copy("INITIALIZING", index="i9")
    counts = browser.driver.execute_async_script(
        FOLDED_THEN, f"{node.url}shardmap.js", [cluster(*calm), cluster(*calm, coming)]
    )
    assert counts == [1, 1]


def record_green_yellow_and_green(node: Replay, *older: str) -> None:
    """Have a recorder tell of a replica that was lost and came back before the page was opened, with the maps."""
    days, ids = record_days(node, *older), {id_: one["name"] for id_, one in node.state["nodes"].items()}
    index, table = next(iter(node.state["routing_table"]["indices"].items()))
    copies = [one for group in table["shards"].values() for one in group]
    lost = next(one for one in copies if not one["primary"])
    events, placements = [], []
    for ago, status in ((180, "green"), (120, "yellow"), (60, "green")):
        at = int((time.time() - ago) * 1000)
        events.append({"@timestamp": at, "seen": at, "type": "status", "subject": "c", "status": status})
        is_there = {id(one): status == "green" or one is not lost for one in copies}
        table = [
            [index, one["shard"], "p" if one["primary"] else "r"]
            + (["STARTED", one["node"], None] if is_there[id(one)] else ["UNASSIGNED", None, None])
            for one in copies
        ]
        placements.append({"@timestamp": at, "master": ids[next(iter(ids))], "table": {"nodes": ids, "copies": table}})
    for each in days:
        node.documents[*each, "event"] = documents("event", events)
        node.documents[*each, "placement"] = documents("placement", placements)
        node.documents[*each, "sample"] = []


def test_what_was_recorded_days_ago_is_asked_for_when_somebody_wants_to_see_it(node: Replay, browser: Browser) -> None:
    """Its map, too: that is in another index than those of the last two days."""
    old, before = day(4), day(5)
    record_green_yellow_and_green(node, before, old)
    at = int((time.time() - 4 * 86400) * 1000)
    event = {"@timestamp": at, "seen": at, "type": "node_left", "subject": "n-gone", "node": "n-gone"}
    nodes = {id_: one["name"] for id_, one in node.state["nodes"].items()}
    copies = [["scratch", 0, "p", "STARTED", next(iter(nodes)), None]]
    placement = {"@timestamp": at, "master": NAMES[0], "table": {"nodes": nodes, "copies": copies}}
    for recent in ([day(1), day(0)], [day(1), day(0), day(-1)]):
        node.documents[before, old, *recent, "event"] = documents("event", [event], "old")
    node.documents[before, old, "placement"] = documents("placement", [placement], "old")
    opened(browser, node, "green")
    wait_for_text(browser, "#panel-timeline tbody", "yellow", SOON)
    assert [path for path in node.asked if old in path] == []
    browser.all("[data-testid=span] option")[-1].click()
    wait_for_text(browser, "#panel-timeline tbody", "n-gone left", SOON)
    assert "yellow" in browser.text("#panel-timeline tbody"), "what is newer is there as before"
    next(row for row in browser.all("#panel-timeline tbody tr") if "n-gone" in row.text).find_element(
        "css selector", "button"
    ).click()
    wait_for_text(browser, "#panel-shards output", "kept by the recorder.", SOON)
    assert "scratch" in browser.text("#shards")
    assert browser.console_errors() == []


def documents(kind: str, told: list[dict[str, Any]], run: str = "") -> list[dict[str, Any]]:
    """Return what a search finds of these, newest first."""
    who = {"observer": NAMES[0], "machine": "192.168.63.101"}
    return [{"_type": kind, "_id": f"{kind}{run}{n}", "_source": who | one} for n, one in enumerate(told)][::-1]


def seen_green_yellow_and_green(node: Replay, browser: Browser) -> None:
    """Have the page watch a replica that is lost and comes back."""
    node.is_now = True
    opened(browser, node, "green")
    index = next(name for name in node.state["routing_table"]["indices"] if not name.startswith(".marvel"))
    replica = next(one for one in node.state["routing_table"]["indices"][index]["shards"]["0"] if not one["primary"])
    whole = dict(replica)
    stays(browser, "green")
    replica.update(state="UNASSIGNED", node=None)
    stays(browser, "yellow")
    replica.update(whole)
    stays(browser, "green")
    wait_for_text(browser, "#panel-timeline tbody", "green again", SOON)


def stays(browser: Browser, status: str) -> None:
    wait_for_text(browser, "#verdict", status, SOON)
    steadily(f"it is {status}", lambda: browser.text("#verdict").startswith(status), KEPT)


def shows(browser: Browser, wanted: tuple[str, bool], within: float = SOON) -> None:
    eventually(f"the map of {wanted}", lambda: shown(browser) == wanted, within, context=browser.page)


def shown(browser: Browser) -> tuple[str, bool]:
    """Return what the map is said to be of, "" for now, and whether it lacks the copy."""
    told, is_past, is_lost = browser.driver.execute_script(SHOWN, LOST)
    assert (told == "") == (is_past == "false")
    return told.partition("The cluster was ")[2].partition(",")[0], is_lost
