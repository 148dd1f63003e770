"""The page in a real browser: it complains of nothing, and each thing on it can be reached, by any means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from cluster import axe
from cluster.browser import Browser
from cluster.eventually import eventually
from cluster.report import draw
from tests.cluster.report.sample import red_night
from tests.cluster.report.test_drawing import hostile

WITHIN = 30
"""Seconds for what takes milliseconds: the host may do much else."""

SHADED = """
return [...document.querySelectorAll('#lanes .lane')].map((lane) => [
  lane.querySelector('.label').firstChild.data,
  lane.querySelectorAll('.shade').length, lane.querySelectorAll('.aimed').length]);
"""
WIDER = """
const edge = document.documentElement.clientWidth + 0.5;
return [...document.querySelectorAll('body *')].filter((node) => !node.closest('svg, .scroll')
  && node.getBoundingClientRect().right > edge).map((node) => `${node.tagName} ${node.id} ${node.className}`);
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser(width=1280, height=1000) as browser:
        browser.driver.set_page_load_timeout(180)
        browser.driver.set_script_timeout(180)  # axe looks at everything, on a host that may do much else
        yield browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return draw(red_night(operations=400).write(tmp_path_factory.mktemp("page"))).as_uri()


def emulated(browser: Browser, width: int = 1280, scheme: str = "light") -> None:
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},  # what still scrolls cannot be clicked
    ]
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def ask(browser: Browser, script: str) -> Any:
    return browser.driver.execute_script(script)  # type: ignore[no-untyped-call]


def opened(browser: Browser, page: str, width: int = 1280, scheme: str = "light") -> None:
    emulated(browser, width, scheme)
    browser.open(page)
    eventually("the timeline is drawn", lambda: browser.all("#lanes svg rect"), WITHIN)


def press(browser: Browser, *keys: str) -> None:
    ActionChains(browser.driver).send_keys(*keys).perform()


def test_it_says_what_failed_first_and_shows_that_moment_at_once(browser: Browser, page: str) -> None:
    opened(browser, page)
    assert browser.text("h1") == "Red: 2 failed, 1 unknown, 5 passed under 1 fault"
    first = browser.text("#findings article")
    assert "Failed check acknowledged documents lost" in first
    assert "during kill-machine core-03" in first
    assert "document d233 was acknowledged, and is on no copy" in first
    assert "CorruptIndexException" in first
    assert browser.text("#span").startswith("Shown: 11:07:40 to 11:09:41")
    assert browser.console_errors() == []


def test_each_machine_has_a_lane_and_the_fault_is_shaded_on_every_one(browser: Browser, page: str) -> None:
    opened(browser, page)
    shaded = ask(browser, SHADED)
    assert [name for name, *_ in shaded if name.startswith("core-")] == [f"core-{number:02d}" for number in range(1, 7)]
    assert all(shades for _, shades, _ in shaded)
    assert [name for name, _, aimed in shaded if aimed] == ["core-03"]


def test_a_click_shows_the_raw_line_and_escape_takes_it_away(browser: Browser, page: str) -> None:
    opened(browser, page)
    bar = browser.all("[data-lane=faults] rect.bar-fill")[0]
    ActionChains(browser.driver).move_to_element(bar).click().perform()
    line = json.loads(browser.text("#details pre"))
    assert (line["kind"], line["phase"], line["fault"]["target"]) == ("fault", "inject", "core-03")
    assert "history.jsonl, line " in browser.text("#details")
    press(browser, Keys.ESCAPE)
    assert not browser.all("#details")[0].is_displayed()


def test_a_line_that_matters_leads_to_its_line(browser: Browser, page: str) -> None:
    opened(browser, page)
    browser.all(".matters button")[-1].click()
    assert "CorruptIndexException" in json.loads(browser.text("#details pre"))["text"]


def test_by_keyboard_alone_one_comes_to_the_next_failure_and_to_its_line(browser: Browser, page: str) -> None:
    opened(browser, page)
    press(browser, Keys.TAB)
    assert ask(browser, "return document.activeElement.textContent") == "To the timeline"
    press(browser, Keys.ENTER)
    eventually("the timeline has the focus", lambda: ask(browser, "return document.activeElement.id") == "timeline", 5)
    press(browser, "f", Keys.ENTER)
    assert json.loads(browser.text("#details pre"))["kind"] == "fault"
    press(browser, Keys.ESCAPE)
    assert ask(browser, "return document.activeElement.id") == "timeline"
    press(browser, Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.ENTER)
    assert json.loads(browser.text("#details pre"))["kind"] == "health"


@pytest.mark.parametrize(("keys", "shorter"), [("+", True), ("-", False)])
def test_the_keyboard_zooms(browser: Browser, page: str, keys: str, shorter: bool) -> None:
    opened(browser, page)
    ask(browser, "document.getElementById('timeline').focus()")
    before = browser.text("#span")
    press(browser, keys)
    eventually("it has zoomed", lambda: browser.text("#span") != before, WITHIN)
    assert (seconds(browser.text("#span")) < seconds(before)) == shorter


def seconds(span: str) -> float:
    inside = span.partition("(")[2].partition(")")[0].split()
    return float(inside[0]) * 60 + float(inside[2]) if "min" in inside else float(inside[0])


def test_a_drag_moves_and_a_turned_wheel_with_ctrl_zooms(browser: Browser, page: str) -> None:
    opened(browser, page)
    lane = browser.all("[data-lane='machine:core-02'] .plot")[0]
    press(browser, "")
    before = browser.text("#span")
    ActionChains(browser.driver).move_to_element(lane).click_and_hold().move_by_offset(200, 0).release().perform()
    eventually("it has moved", lambda: browser.text("#span") != before, WITHIN)
    assert seconds(browser.text("#span")) == pytest.approx(seconds(before), abs=3)
    assert not browser.all("#details")[0].is_displayed()
    moved = browser.text("#span")
    ask(
        browser,
        "document.querySelector('[data-lane=faults] .plot').dispatchEvent(new WheelEvent('wheel',"
        " {ctrlKey: true, deltaY: -300, clientX: 600, bubbles: true, cancelable: true}))",
    )
    eventually("it has zoomed", lambda: seconds(browser.text("#span")) < seconds(moved) / 2, WITHIN)


def test_the_table_has_what_is_shown_and_the_filter_leaves_what_matches(browser: Browser, page: str) -> None:
    opened(browser, page)
    ask(
        browser,
        "const box = document.getElementById('filter'); box.value = 'core-06 corrupt';"
        " box.dispatchEvent(new Event('input'))",
    )
    eventually("one row is left", lambda: len(browser.all("#events tbody tr")) == 1, WITHIN)
    assert "CorruptIndexException" in browser.text("#events tbody tr")
    assert browser.all("#lanes .dim")
    browser.all("#events tbody button")[0].click()
    assert "CorruptIndexException" in browser.text("#details pre")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_light_or_dark(browser: Browser, page: str, scheme: str) -> None:
    opened(browser, page, scheme=scheme)
    assert axe.violations(browser) == []
    dark = ask(browser, "return getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 29)"
    assert dark == (scheme == "dark")


def test_a_phone_scrolls_down_only(browser: Browser, page: str) -> None:
    opened(browser, page, width=360)
    assert ask(browser, WIDER) == []
    assert ask(browser, "return document.documentElement.scrollWidth") <= 360
    assert browser.console_errors() == []


def test_what_a_cluster_wrote_runs_nothing(browser: Browser, tmp_path: Path) -> None:
    opened(browser, draw(hostile().write(tmp_path)).as_uri())
    assert ask(browser, "return [document.images.length, document.scripts.length]") == [0, 2]
    assert ask(browser, "return document.title").startswith("failed: </script>")
    assert browser.console_errors() == []
