"""The shard map along what happened: step by step, by the slider, played, and where the browser keeps nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.keys import Keys

from cluster.browser import Browser
from cluster.eventually import eventually, steadily
from tests.marvel.replay import Replay
from tests.marvel.test_page import SOON, opened, wait_for_text

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
