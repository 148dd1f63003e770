"""What can be tested of the page's accessibility: axe's rules, the keyboard, motion, zoom, and what is read out aloud.

No claim of conformance: that takes people.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from cluster import axe
from cluster.browser import Browser
from cluster.eventually import eventually
from tests.marvel.replay import RECORDED, Replay
from tests.marvel.test_page import opened, wait_for_text
from tests.marvel.test_replay import record_green_yellow_and_green

SCENARIOS = sorted(path.stem for path in RECORDED.glob("*.json") if not path.stem.startswith("panels"))
VERDICTS = {
    "no-master": "no master",
    "starting": "no master",
    "delayed": "yellow",
    "recovering": "yellow",
    "red": "red",
}
SOON = 60.0
"""Seconds after which what the page was to show will not come any more, also on a host with a load of 30."""

FOCUSED = """
const focused = document.activeElement;
const style = getComputedStyle(focused);
const box = focused.getBoundingClientRect();
return {
  what: focused === document.body ? "body" : focused.id || `${focused.tagName} in ${focused.closest("section").id}`,
  place: window.wanted?.indexOf(focused),
  outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
  seen: box.bottom > 0 && box.top < innerHeight,
};"""


@pytest.fixture
def emulated(browser: Browser) -> Iterator[Any]:
    """Sets media features and the window's size in CSS pixels for one test."""

    def emulate(width: int = 1280, height: int = 1000, **features: str) -> None:
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": named})
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    yield emulate
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_axe_finds_no_violation_and_the_console_no_error(
    node: Replay, browser: Browser, emulated: Any, scenario: str, scheme: str
) -> None:
    emulated(prefers_color_scheme=scheme)
    node.play(scenario)
    opened(browser, node, VERDICTS.get(scenario, "green"))
    wait_for_text(browser, "#panel-checks", "Good", SOON)
    assert axe.violations(browser) == []
    assert browser.console_errors() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_where_everything_is_open(
    node: Replay, browser: Browser, emulated: Any, scheme: str
) -> None:
    emulated(width=390, prefers_color_scheme=scheme)
    opened(browser, node, "green")
    wait_for_text(browser, "#panel-checks", "Good", SOON)
    for button in browser.all("details > summary, #panel-threads button"):
        button.click()
    ask(browser, "../secret")
    wait_for_text(browser, "#panel-threads pre", "%", SOON)
    assert browser.text("#console-refusal") != ""
    assert axe.violations(browser) == []


def test_axe_would_find_a_violation(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    browser.driver.execute_script("document.querySelector('label[for=trends-figure]').remove()")
    assert [found for found in axe.violations(browser) if found.startswith("select-name")] != []


def ask(browser: Browser, path: str) -> None:
    field = browser.all("#console-path")[0]
    field.clear()
    field.send_keys(path, Keys.ENTER)


def walked(browser: Browser, key: str = Keys.TAB, most: int = 80) -> list[dict[str, Any]]:
    """What has the focus, key by key, until it has left the page's end."""
    browser.driver.execute_script("document.activeElement.blur(); scrollTo(0, 0)")
    stops: list[dict[str, Any]] = []
    while len(stops) < most:
        ActionChains(browser.driver).send_keys(key).perform()
        stop: dict[str, Any] = browser.driver.execute_script(FOCUSED)
        if stop["what"] == "body" or (stops and stop["what"] == stops[0]["what"]):
            return stops
        stops.append(stop)
    pytest.fail(f"the focus never left the page: {[stop['what'] for stop in stops][-10:]}")


def test_the_keyboard_reaches_everything_shows_where_it_is_and_is_never_held(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    wait_for_text(browser, "#panel-checks", "Good", SOON)
    browser.driver.execute_script("document.getElementById('pause').click()")  # a real click would begin the walk there
    browser.driver.execute_script(
        "window.wanted = [...document.querySelectorAll('button, select, input, summary, a[href], [tabindex=\"0\"]')]"
        ".filter((one) => one.checkVisibility() && !one.disabled)"
    )
    stops = walked(browser)
    missed = browser.driver.execute_script(
        "return wanted.filter((one, place) => !arguments[0].includes(place)).map((one) => one.outerHTML.slice(0, 120))",
        [stop["place"] for stop in stops],
    )
    assert missed == []
    assert [stop["what"] for stop in stops if stop["outline"] < 2 or not stop["seen"]] == []
    for name in ("pause", "trends-figure", "trends-span", "threads-node", "console-path"):
        assert name in [stop["what"] for stop in stops]


FOCUS = "const one = document.querySelector(arguments[0]); one.focus(); return one.textContent"
FOCUSED_TEXT = "return [document.activeElement.className, document.activeElement.textContent]"


def test_the_focus_stays_on_a_time_that_is_pressed(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    wait_for_text(browser, "#panel-timeline tbody", "began", SOON)
    text = browser.driver.execute_script(FOCUS, "#panel-timeline tbody tr:nth-child(2) .time")
    for pressed in ("true", "false", "true"):
        ActionChains(browser.driver).send_keys(Keys.ENTER).perform()
        eventually(f"pressed: {pressed}", lambda: pressed_times(browser) == [text] * (pressed == "true"), SOON)  # noqa: B023
        assert browser.driver.execute_script(FOCUSED_TEXT) == ["time", text]


def pressed_times(browser: Browser) -> list[str]:
    return [one.text for one in browser.all("#panel-timeline .time[aria-pressed=true]")]


def test_the_focus_stays_on_a_button_that_has_nothing_more_to_do(node: Replay, browser: Browser) -> None:
    record_green_yellow_and_green(node)
    opened(browser, node, "green")
    wait_for_text(browser, "#panel-timeline tbody", "yellow", SOON)
    for key, name in (("button:first-child", "Back"), ("button:last-child", "Now")):
        browser.driver.execute_script(FOCUS, f"[data-replay] {key}")
        disabled = f"return document.querySelector('[data-replay] {key}').getAttribute('aria-disabled')"
        while browser.driver.execute_script(disabled) != "true":
            told = browser.text("#panel-shards output")
            ActionChains(browser.driver).send_keys(Keys.ENTER).perform()
            eventually("another map", lambda: browser.text("#panel-shards output") != told, SOON)  # noqa: B023
        assert browser.driver.execute_script(FOCUSED_TEXT)[1] == name
        told = browser.text("#panel-shards output")
        ActionChains(browser.driver).send_keys(Keys.ENTER).perform()
        assert browser.text("#panel-shards output") == told
    assert told == ""
    assert browser.console_errors() == []


def test_the_focus_stays_on_an_index_that_changes_and_moves(node: Replay, browser: Browser) -> None:
    node.play("many")
    opened(browser, node, "green")
    rows = "#shards tbody tr[data-index]"
    wait_for_text(browser, "#shards tbody", "All ", SOON)
    name = browser.driver.execute_script(FOCUS, f"{rows}:nth-child(4) .fold")
    for open_ in ("true", "false"):
        ActionChains(browser.driver).send_keys(Keys.SPACE).perform()
        assert browser.driver.execute_script("return document.activeElement.getAttribute('aria-expanded')") == open_
    group = node.state["routing_table"]["indices"][name]["shards"]["0"]
    next(one for one in group if not one["primary"]).update(state="UNASSIGNED", node=None)
    wait_for_text(browser, "#verdict", "yellow", SOON)
    wait_for_text(browser, f"#shards tr[data-index='{name}']", "unassigned", SOON)
    assert browser.driver.execute_script(FOCUSED_TEXT) == ["fold", name]


def test_pausing_works_by_keyboard(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    ActionChains(browser.driver).send_keys(Keys.TAB).perform()
    assert browser.driver.execute_script(FOCUSED)["what"] == "pause"
    ActionChains(browser.driver).send_keys(Keys.SPACE).perform()
    assert browser.text("#pause") == "Resume"
    ActionChains(browser.driver).send_keys(Keys.ENTER).perform()
    assert browser.text("#pause") == "Pause"


def test_who_wants_no_motion_gets_none(node: Replay, browser: Browser, emulated: Any) -> None:
    emulated(prefers_reduced_motion="reduce")
    opened(browser, node, "green")
    moving = (
        "return [...document.querySelectorAll('*')].flatMap((one) => ['', '::before', '::after']"
        ".map((part) => getComputedStyle(one, part || null)))"
        ".filter((style) => style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0).length"
    )
    assert browser.driver.execute_script(moving) == 0
    emulated(prefers_reduced_motion="no-preference")
    assert browser.driver.execute_script(moving) > 0


@pytest.mark.parametrize("scenario", ["green", "red"])
def test_at_400_percent_of_a_window_1280_wide_nothing_but_tables_scrolls_sideways(
    node: Replay, browser: Browser, emulated: Any, scenario: str
) -> None:
    emulated(width=320, height=256)
    node.play(scenario)
    opened(browser, node, scenario)
    wait_for_text(browser, "#panel-checks", "Good", SOON)
    beyond = browser.driver.execute_script(
        "return [...document.querySelectorAll('body *')].filter((one) => one.checkVisibility()"
        " && !one.closest('.scroll') && one.getBoundingClientRect().right > 320)"
        ".map((one) => one.outerHTML.slice(0, 80))"
    )
    assert beyond == []
    assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= 320


def test_every_chart_says_in_words_what_it_shows(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    charts = eventually("the charts", lambda: told(browser), SOON, context=lambda: str(drawn(browser)))
    assert all("between" in words for words in charts)
    assert any(words.startswith("Heap of elasticsearch_logging-1, last 10 minutes: ") for words in charts)
    assert browser.all("canvas:not([role=img] canvas)") == []


def told(browser: Browser) -> list[str]:
    """The words of the charts, once there is the big one and three of each node, and each has something to tell."""
    words = drawn(browser)
    return words if len(words) == 16 and all(" now" in one for one in words) else []


def drawn(browser: Browser) -> list[str]:
    words: list[str] = browser.driver.execute_script(
        "return [...document.querySelectorAll('[role=img]')].filter((one) => one.querySelector('canvas'))"
        ".map((one) => one.getAttribute('aria-label'))"
    )
    return words


def test_the_chart_is_there_as_a_table_too(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    eventually("the charts", lambda: told(browser), SOON)
    browser.all("#panel-trends summary")[0].click()
    row = wait_for_text(browser, "#panel-trends [data-course] tbody tr", "%", SOON)
    assert row.count("%") == 5


def test_only_the_verdict_speaks_up_unasked(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    live = browser.all("[aria-live], [role=status], [role=alert], [role=log]")
    assert [one.get_attribute("id") for one in live] == ["verdict"]
