"""What a reader sees, in a real browser, of what a real 1.7.6 said."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from cluster.browser import Browser
from cluster.eventually import eventually, steadily
from tests.marvel.replay import Replay

NAMES = [f"elasticsearch_logging-{n}" for n in range(1, 6)]
SOON = 60.0
"""Seconds after which what the page was to show will not come any more, also on a host with a load of 30."""


def rows(browser: Browser, live: str = "yes") -> list[str]:
    return [str(row.get_attribute("data-node")) for row in browser.all(f"#nodes tbody tr[data-live={live}]")]


def row(browser: Browser, name: str) -> dict[str, str]:
    cells = browser.all(f"#nodes tr[data-node='{name}'] > *")
    return {str(cell.get_attribute("data-column")): cell.text for cell in cells if cell.is_displayed()}


def opened(browser: Browser, node: Replay, verdict: str) -> None:
    browser.open(node.url)
    wait_for_text(browser, "#verdict", verdict, SOON)


def wait_for_text(browser: Browser, css: str, wanted: str, within: float) -> str:
    return eventually(f"{wanted!r} in {css}", lambda: text_with(browser, css, wanted), within, context=browser.page)


def text_with(browser: Browser, css: str, wanted: str) -> str:
    text = browser.text(css)
    return text if wanted in text else ""


def settled(node: Replay) -> tuple[int] | None:
    """Return how many questions were asked, once no other one arrives for half a second; None before."""
    before = len(node.asked)
    with suppress(AssertionError):
        steadily("none arrives", lambda: len(node.asked) == before, 0.5)
        return (before,)
    return None


def state(browser: Browser) -> object:
    return browser.driver.execute_script("return document.documentElement.dataset.state")


def test_shows_the_verdict_and_five_live_nodes_without_a_complaint_in_the_console(
    node: Replay, browser: Browser
) -> None:
    opened(browser, node, "green: five nodes, every shard has its 4 copies")
    eventually("five live nodes", lambda: rows(browser) == NAMES, SOON)
    assert state(browser) == "green"
    assert browser.driver.title == "green · elasticsearch_logging"
    assert browser.console_errors() == []


def test_a_row_says_all_that_is_known_of_a_node(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    eventually("five live nodes", lambda: rows(browser) == NAMES, SOON)
    assert row(browser, NAMES[0]) == {
        "name": NAMES[0],
        "label": "ElasticSearch_logging",
        "machine": "192.168.63.103",
        "master": "",
        "heap": "12 %",
        "cpu": "76 %",
        "load": "23.65",
        "uptime": "2 min 42 s",
        "shards": "9 (2 primary)",
    }
    assert row(browser, NAMES[1])["master"] == "master"


def test_a_figure_that_is_high_is_called_so_by_the_thresholds_that_are_printed(node: Replay, browser: Browser) -> None:
    """The last one answers as 2.x does."""
    wanted = {1: (74, 79), 2: (75, 80), 3: (90, 95), 4: (20, None), 5: (20, 81)}
    for n, (heap, cpu) in wanted.items():
        told = figures_of(node, n)
        told["jvm"]["mem"]["heap_used_percent"] = heap
        told["os"] |= {"cpu": {"usage": cpu} if cpu and n < 5 else {}} | ({"cpu_percent": cpu} if n == 5 else {})
    opened(browser, node, "green")
    eventually("five live nodes", lambda: rows(browser) == NAMES, SOON)
    shown = [row(browser, name) for name in NAMES]
    assert [one["heap"] for one in shown] == ["74 %", "75 %, high", "90 %, very high", "20 %", "20 %"]
    assert [one["cpu"] for one in shown] == ["79 %", "80 %, high", "95 %, very high", "\N{EN DASH}", "81 %, high"]
    browser.all("#trends-figure option")[2].click()
    legend = wait_for_text(browser, "#panel-trends .legend", "Heap: high from 75 %, very high from 90 %.", SOON)
    assert "CPU of the machine: high from 80 %, very high from 95 %." in legend


def figures_of(node: Replay, n: int) -> Any:
    """What the node of that number tells of itself: change it at will."""
    id_ = node.id_of(NAMES[n - 1])
    (told,) = (reply for path, reply in node.replies.items() if path.startswith(f"_nodes/{id_}/stats/"))
    return told["body"]["nodes"][id_]


def test_served_below_a_path_of_a_proxy_it_asks_below_that_path_only(node: Replay, browser: Browser) -> None:
    node.prefix = "/search/cluster-1"
    browser.open(node.url.replace("/_plugin", f"{node.prefix}/_plugin"))
    wait_for_text(browser, "#verdict", "green: five nodes", SOON)
    eventually("five live nodes", lambda: rows(browser) == NAMES, SOON)
    wait_for_text(browser, "#panel-checks", "Good", SOON)
    browser.all("#console-path")[0].send_keys("_cat/nodes?v", Keys.ENTER)
    wait_for_text(browser, "#panel-console output", "GET /_cat/nodes?v: ", SOON)
    assert browser.console_errors() == []
    assert node.strays == []


def test_the_map_has_each_copy_once_below_its_machine(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    machines = [str(head.get_attribute("data-machine")) for head in browser.all("#shards th[data-machine]")]
    assert machines == [f"192.168.63.10{n}" for n in (1, 3, 4, 5, 6)]
    for index in ("logs-2026.11.22", "logs-2026.11.23"):
        copies = sorted(chip.text for chip in browser.all(f"#shards tr[data-index='{index}'] .copy"))
        assert copies == sorted([f"P{n}" for n in range(5)] + [f"R{n}" for n in range(5)] * 3)


def test_a_lost_node_is_told_with_what_is_missing_since_when_and_why(node: Replay, browser: Browser) -> None:
    node.play("delayed")
    opened(browser, node, "yellow: 9 of 44 copies missing since ")
    wait_for_text(browser, "#verdict", "21:40:53, node elasticsearch_logging-4 left; four nodes", SOON)
    wait_for_text(browser, "#verdict-doing", "in case the node returns; ", SOON)
    left = re.search(r"rebuilding starts in (\d+) s, .*; (\d+) s so far", browser.text("#verdict-doing"))
    assert left
    assert 59 <= int(left[1]) + int(left[2]) <= 60
    assert "R0\nunassigned" in browser.text("#shards tr[data-index='logs-2026.11.22'] td:last-child")


def test_a_missing_primary_is_told_first_with_its_index(node: Replay, browser: Browser) -> None:
    node.play("red")
    opened(browser, node, "red: 5 of 16 primaries missing since ")
    assert ", in scratch; 5 of 49 copies missing since " in browser.text("#verdict")


def test_copies_on_their_way_are_told_as_such(node: Replay, browser: Browser) -> None:
    node.play("recovering")
    opened(browser, node, "yellow")
    wait_for_text(browser, "#verdict-doing", "5 being copied", SOON)
    assert "R2 being copied" in browser.text("#shards tr[data-index='scratch'] td[data-node$='-5']")


def test_without_a_master_it_says_who_still_answers(node: Replay, browser: Browser) -> None:
    node.play("no-master")
    opened(browser, node, "no master: nothing can be written until one is elected")
    wait_for_text(browser, "#verdict", "of the four nodes last known, two answer", SOON)
    assert rows(browser, live="no") == [NAMES[2], NAMES[3]]
    assert "may be out of date" in browser.text("#nodes-note")
    assert state(browser) == "no-master"
    assert browser.console_errors() == []


def test_without_a_master_it_says_who_was_the_last_one(node: Replay, browser: Browser) -> None:
    node.is_now = True
    opened(browser, node, "green")
    wait_for_text(browser, "#panel-timeline tbody", "this page", SOON)
    del node.state["master_node"]
    wait_for_text(browser, "#verdict", "until one is elected; the last one was elasticsearch_logging-2; three", SOON)


def test_copies_on_a_node_that_is_no_longer_told_of_are_not_taken_for_good(node: Replay, browser: Browser) -> None:
    node.play("no-master")
    del node.state["nodes"][node.id_of(NAMES[3])]
    opened(browser, node, "no master")
    lost = [chip.text for chip in browser.all("#shards tbody td:last-child .copy")]
    assert lost
    assert all("its node left" in chip for chip in lost if "unassigned" not in chip)
    assert any("its node left" in chip for chip in lost)


def test_a_narrow_window_scrolls_the_tables_not_the_page(node: Replay, browser: Browser) -> None:
    node.play("red")
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": False}
    )
    try:
        opened(browser, node, "red")
        width = browser.driver.execute_script("return document.documentElement.scrollWidth")
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert width <= 320


def test_a_node_that_waits_for_its_first_master_says_so(node: Replay, browser: Browser) -> None:
    node.play("starting")
    opened(browser, node, "no master: nothing can be read or written until one is elected; this node knows no other")
    assert "Not known before the cluster has recovered its state" in browser.text("#shards")


def test_a_frozen_node_costs_one_row(node: Replay, browser: Browser) -> None:
    node.play("frozen")
    opened(browser, node, "green: five nodes")
    eventually("the other rows", lambda: rows(browser) == [NAMES[0], NAMES[1], NAMES[3], NAMES[4]], 2.5)
    wait_for_text(browser, "#verdict", "elasticsearch_logging-3 does not answer", SOON)
    frozen = row(browser, NAMES[2])
    assert frozen["heap"] == "no answer within 3 s"
    assert frozen["machine"] == "192.168.63.106"
    assert "load" not in frozen


def test_four_frozen_nodes_do_not_hold_up_the_rest(node: Replay, browser: Browser) -> None:
    node.hung = {node.id_of(name) for name in NAMES[:4]}
    opened(browser, node, "green: five nodes")
    eventually("the one row that is left", lambda: rows(browser) == [NAMES[4]], SOON)
    node.play("delayed")
    wait_for_text(browser, "#verdict", "yellow", SOON)


def test_a_node_gone_silent_is_told_and_its_last_words_are_marked(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    node.hung = {"_cluster", "_nodes"}
    text = wait_for_text(browser, "#verdict", "cannot reach Elasticsearch: no answer within 3 s", SOON)
    assert "what is shown is from " in text
    assert "not updated since" in browser.text("#nodes-note")
    node.play("green")
    wait_for_text(browser, "#verdict", "green", SOON)
    assert browser.text("#nodes-note") == ""


def test_a_refused_state_is_told_with_its_status(node: Replay, browser: Browser) -> None:
    node.broken = {"_cluster/state"}
    opened(browser, node, "cannot reach Elasticsearch: it answered HTTP 503; nothing is known yet")


def test_without_health_the_rest_stays(node: Replay, browser: Browser) -> None:
    node.play("delayed")
    node.broken = {"_cluster/health"}
    opened(browser, node, "yellow: 9 of 44 copies missing")
    wait_for_text(browser, "#verdict-note", "cluster health: it answered HTTP 503", SOON)


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "a&amp;b", "</td><script>alert(1)</script>"])
def test_a_name_is_shown_as_it_is_whatever_it_holds(node: Replay, browser: Browser, name: str) -> None:
    node.rename(NAMES[2], name)
    node.rename_index("logs-2026.11.22", name)
    opened(browser, node, "green")
    assert name in browser.text("#nodes")
    assert name in browser.text("#shards thead")
    assert name in browser.text("#shards tbody")
    assert browser.all("img, td script") == []
    assert browser.console_errors() == []


def test_pausing_stops_the_requests_and_resuming_brings_them_back(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    browser.all("#pause")[0].click()
    node.play("delayed")
    assert browser.text("#pause") == "Resume"
    (before,) = eventually("what was sent has arrived", lambda: settled(node), SOON)
    steadily("nothing is asked", lambda: len(node.asked) == before, 2.5)
    browser.all("#pause")[0].click()
    wait_for_text(browser, "#verdict", "yellow", SOON)


def test_nothing_is_said_aloud_while_nothing_changes(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    eventually("five live nodes", lambda: rows(browser) == NAMES, SOON)
    changes = browser.driver.execute_async_script(
        "let changes = 0; new MutationObserver(seen => { changes += seen.length; })"
        ".observe(document.getElementById('verdict'), {childList: true, characterData: true, subtree: true});"
        "setTimeout(() => arguments[0](changes), 2500);"
    )
    assert changes == 0
    assert [region.get_attribute("id") for region in browser.all("[aria-live]")] == ["verdict"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(node: Replay, browser: Browser, scheme: str, tmp_path: Path) -> None:
    node.play("red")
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    opened(browser, node, "red")
    contrasts = browser.driver.execute_script((Path(__file__).parent / "contrast.js").read_text())
    browser.screenshot(tmp_path / f"{scheme}.png")
    assert len(contrasts) > 50
    assert [entry for entry in contrasts if entry["ratio"] < 4.5] == []


def test_everything_comes_from_the_node_itself_and_nothing_is_asked_in_vain(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    eventually("five live nodes", lambda: rows(browser) == NAMES, SOON)
    entries = browser.driver.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
    assert all(entry.startswith(node.url.split("_plugin")[0]) for entry in entries)
    assert all(path.startswith("/_plugin/marvel/") or node.knows(path) for path in node.asked)
