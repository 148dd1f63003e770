"""The panels below the map, as a reader sees them: indices, copies on their way, hot threads, and the console."""

import time
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Event
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from cluster.browser import Browser
from cluster.eventually import eventually
from tests.marvel.replay import Replay
from tests.marvel.test_page import SOON, opened, wait_for_text
from tests.marvel.test_words import PRIMARY, copy, said

LOST = copy("UNASSIGNED", node=None)


def recorded(ago: float, heap: int) -> dict[str, Any]:
    """A sample of the recorder, as docs/marvel.md has it."""
    document = {"@timestamp": int((time.time() - ago) * 1000), "node": "elasticsearch_logging-2", "heap_percent": heap}
    return {"_type": "sample", "_source": document}


def day(ago: int) -> str:
    """The index of a day: 0 is today, -1 tomorrow."""
    return f".marvel-{datetime.now(UTC) - timedelta(days=ago):%Y.%m.%d}"


def record_days(node: Replay, *older: str) -> list[tuple[str, str]]:
    """Give the cluster our clock and indices of yesterday, today and tomorrow; return how the page may ask for them."""
    node.is_now = True
    names = [*older, day(1), day(0), day(-1)]
    shards = next(iter(node.state["routing_table"]["indices"].values()))["shards"]
    for name in names:
        copies = [one | {"index": name} for one in deepcopy(shards["0"])]
        node.state["routing_table"]["indices"][name] = {"shards": {"0": copies}}
    return list(pairwise(names[len(older) :]))


def course(browser: Browser, node: str) -> str:
    rows = browser.text("#panel-trends [data-now]").splitlines()
    return next((row for row in rows if row.startswith(node)), "")


def test_what_the_recorder_kept_is_part_of_the_course(node: Replay, browser: Browser) -> None:
    hits = [recorded(ago, heap) for ago, heap in ((120, 61), (130, 97), (1800, 3))]
    for days in record_days(node):
        node.documents[*days, "sample"] = hits
    opened(browser, node, "green")
    eventually("the recorded peak", lambda: "97 %" in course(browser, "elasticsearch_logging-2"), SOON)
    assert " 3 %" not in course(browser, "elasticsearch_logging-2")
    browser.all("#trends-span option")[1].click()
    eventually("the recorded low", lambda: " 3 %" in course(browser, "elasticsearch_logging-2"), SOON)


def test_a_course_that_cannot_be_read_is_told(node: Replay, browser: Browser) -> None:
    record_days(node)
    node.broken = {".marvel-"}
    opened(browser, node, "green")
    wait_for_text(browser, "#panel-trends [data-note]", "Only what this page has seen itself", SOON)


def test_what_was_recorded_is_not_asked_for_while_it_has_no_copy(node: Replay, browser: Browser) -> None:
    """Elasticsearch would refuse it with 503, and the browser complain in its console."""
    record_days(node)
    for name, index in node.state["routing_table"]["indices"].items():
        for one in index["shards"]["0"] if name.startswith(".marvel-") else []:
            one.update(state="UNASSIGNED", node=None)
    opened(browser, node, "red")
    wait_for_text(browser, "#panel-timeline", "What was recorded cannot be read now: .marvel-", SOON)
    assert [path for path in node.asked if ".marvel-" in path] == []
    assert browser.console_errors() == []


def ask(browser: Browser, path: str) -> None:
    field = browser.all("#console-path")[0]
    field.clear()
    field.send_keys(path, Keys.ENTER)


def test_indices_are_told_with_documents_sizes_and_copies(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    told = wait_for_text(browser, "#panel-indices tbody", "MiB", SOON).splitlines()
    row = next(row for row in told if row.startswith("logs-2026.11.22"))
    assert row.startswith("logs-2026.11.22 green")
    assert row.endswith("all 20")


def test_an_index_that_lacks_copies_says_how_many(node: Replay, browser: Browser) -> None:
    node.play("red")
    opened(browser, node, "red")
    rows = wait_for_text(browser, "#panel-indices tbody", "red", SOON).splitlines()
    assert next(row for row in rows if row.startswith("scratch")).split()[1:2] == ["red"]
    assert any(row.endswith("0 of 5") for row in rows)


@pytest.mark.parametrize(
    ("copies", "status", "there", "wanted"),
    [
        ([PRIMARY, copy()], "green", 2, 2),
        ([PRIMARY, copy("RELOCATING")], "green", 2, 2),
        ([PRIMARY, copy("INITIALIZING"), LOST], "yellow", 1, 3),
        ([copy("UNASSIGNED", primary=True, node=None), LOST], "red", 0, 2),
    ],
)
def test_an_index_is_as_bad_as_its_worst_copy(
    node: Replay, browser: Browser, copies: list[Any], status: str, there: int, wanted: int
) -> None:
    row = said(node, browser, "indices.js", "m.indicesOf(given[0], null)[0]", copies)
    assert (row["status"], row["there"], row["wanted"], row["docs"]) == (status, there, wanted, None)


def test_no_copy_on_its_way_is_told_as_such(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    wait_for_text(browser, "#panel-recoveries tbody", "No copy is on its way.", SOON)


def test_while_no_copy_is_on_its_way_nobody_is_asked_how_far_it_is(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    wait_for_text(browser, "#panel-recoveries tbody", "No copy is on its way.", SOON)
    assert [path for path in node.asked if "_recovery?active_only" in path] == []


def test_copies_on_their_way_are_told_with_how_far_they_are(node: Replay, browser: Browser) -> None:
    node.play("recovering")
    opened(browser, node, "yellow")
    row = wait_for_text(browser, "#panel-recoveries tbody tr", "of 340 KiB", SOON)
    assert row.startswith("logs-2026.11.22, shard 0 replica elasticsearch_logging-3 → elasticsearch_logging-2")
    assert "/s" in row
    assert " min " in row


@pytest.mark.parametrize(
    ("one", "before", "rate", "left"),
    [
        ({"done": 1000, "total": 3000, "elapsed": 2000}, None, 500, 4000),
        ({"done": 1000, "total": 3000, "elapsed": 2000}, {"done": 0, "at": 0}, 100, 20000),
        ({"done": 1000, "total": 3000, "elapsed": 0}, None, None, None),
        ({"done": 3000, "total": 3000, "elapsed": 2000}, None, 1500, None),
        ({"done": 0, "total": 3000, "elapsed": 2000}, {"done": 0, "at": 0}, 0, None),
        ({"done": 10, "total": 3000, "elapsed": 1000}, {"done": 900, "at": 0}, 10, 299000),
    ],
)
def test_speed_and_what_is_left_of_a_copy(
    node: Replay, browser: Browser, one: Any, before: Any, rate: float | None, left: float | None
) -> None:
    told = said(
        node,
        browser,
        "indices.js",
        "(r => [r, m.remaining(given[0], r)])(m.rateOf(given[0], given[1] ?? undefined, 10000))",
        one,
        before,
    )
    assert told == [rate, left]


def test_hot_threads_are_asked_of_one_node_when_somebody_wants_them(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    wait_for_text(browser, "#threads-node", "elasticsearch_logging-5", SOON)
    assert [path for path in node.asked if "hot_threads" in path] == []
    browser.all("#threads-node option")[2].click()
    browser.all("#panel-threads button")[0].click()
    wait_for_text(browser, "#panel-threads pre", "elasticsearch_logging-3", SOON)
    asked = [path for path in node.asked if "hot_threads" in path]
    assert asked == [f"/_nodes/{node.id_of('elasticsearch_logging-3')}/hot_threads?threads=5"]


def test_the_console_shows_what_was_answered_how_much_and_how_fast(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    ask(browser, "GET /_cluster/health?local=true")
    wait_for_text(browser, "#panel-console pre", '"status": "green"', SOON)
    assert browser.text("#panel-console output").startswith("GET /_cluster/health?local=true: ")
    assert browser.text("#panel-console output").endswith(" ms")


def test_a_question_waits_for_the_one_before_it_and_the_button_says_so(node: Replay, browser: Browser) -> None:
    """Neither the keyboard's focus nor what is asked is lost, and nothing is asked behind the reader's back."""
    answered = node.slow["_cat/master"] = Event()
    for path in ("_cat/master", "_cat/health"):
        node.replies[path] = {"status": 200, "body": f"this is {path}"}
    opened(browser, node, "green")
    ask(browser, "_cat/master")
    button = browser.all("#panel-console button")[0]
    eventually("it is asked", lambda: "/_cat/master" in node.asked, SOON)
    assert button.get_attribute("aria-disabled") == "true"
    button.send_keys(Keys.ENTER)
    ask(browser, "_cat/health")
    assert browser.text("#panel-console output") == "GET /_cat/master …"
    answered.set()
    wait_for_text(browser, "#panel-console pre", "this is _cat/master", SOON)
    assert button.get_attribute("aria-disabled") == "false"
    button.send_keys(Keys.ENTER)
    wait_for_text(browser, "#panel-console pre", "this is _cat/health", SOON)
    assert [path for path in node.asked if path in ("/_cat/master", "/_cat/health")] == ["/_cat/master", "/_cat/health"]


def test_a_question_that_is_let_go_as_the_page_is_stopped_leaves_nothing_behind(node: Replay, browser: Browser) -> None:
    node.slow["_cat/master"] = node.slow["hot_threads"] = Event()
    opened(browser, node, "green")
    wait_for_text(browser, "#threads-node", "elasticsearch_logging-5", SOON)
    ask(browser, "_cat/master")
    browser.all("#panel-threads button")[0].click()
    wait_for_text(browser, "#panel-threads output", "Asking …", SOON)
    browser.all("#pause")[0].click()
    for panel in ("#panel-console", "#panel-threads"):
        eventually(f"{panel} asks no more", lambda panel=panel: browser.text(f"{panel} output") == "", SOON)
        assert browser.all(f"{panel} [type=submit]")[0].get_attribute("aria-disabled") == "false"
        assert browser.text(f"{panel} [data-note]") == ""
    node.slow["_cat/master"].set()


def test_a_failure_is_told_of_the_question_that_failed(node: Replay, browser: Browser) -> None:
    answered = node.slow["_cat/master"] = Event()
    opened(browser, node, "green")
    ask(browser, "no/such")
    failure = "GET /no/such: it answered HTTP 400"
    wait_for_text(browser, "#panel-console [data-note]", failure, SOON)
    ask(browser, "_cat/master")
    eventually("what failed before is gone", lambda: browser.text("#panel-console [data-note]") == "", SOON)
    browser.all("#pause")[0].click()
    wait_for_text(browser, "#panel-console [data-note]", failure, SOON)
    answered.set()


CHOICE = "const one = document.getElementById('threads-node'); return one.selectedOptions[0]?.textContent ?? null"


def test_the_node_whose_threads_are_wanted_stays_chosen_when_nodes_come_and_go(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    wait_for_text(browser, "#threads-node", "elasticsearch_logging-5", SOON)
    browser.all("#threads-node option")[2].click()
    nodes = node.state["nodes"]
    third = node.id_of("elasticsearch_logging-3")
    nodes.pop(node.id_of("elasticsearch_logging-1"))
    eventually("four nodes", lambda: len(browser.all("#threads-node option")) == 4, SOON)
    assert browser.driver.execute_script(CHOICE) == "elasticsearch_logging-3"
    restarted = nodes.pop(third)
    eventually("three nodes", lambda: len(browser.all("#threads-node option")) == 3, SOON)
    assert browser.driver.execute_script(CHOICE) is None
    browser.all("#panel-threads button")[0].click()
    nodes["another-id"] = restarted
    eventually("four nodes", lambda: len(browser.all("#threads-node option")) == 4, SOON)
    assert browser.driver.execute_script(CHOICE) == "elasticsearch_logging-3"
    assert [path for path in node.asked if "hot_threads" in path] == []


def test_the_console_says_why_there_is_no_answer(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    ask(browser, "no/such")
    wait_for_text(browser, "#panel-console [data-note]", "GET /no/such: it answered HTTP 400", SOON)


def test_an_answer_is_text_whatever_it_holds(node: Replay, browser: Browser) -> None:
    node.replies["_cat/evil"] = {"status": 200, "body": "<img src=x onerror=alert(1)>"}
    opened(browser, node, "green")
    ask(browser, "_cat/evil")
    wait_for_text(browser, "#panel-console pre", "<img src=x onerror=alert(1)>", SOON)
    assert browser.all("#panel-console img") == []


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "a/../../b",
        "%2e%2e/b",
        "%252e%252e/b",
        "..%2fb",
        "a\\..\\b",
        "http://elsewhere/",
        "a#b",
        "a\nb",
        "%zz",
    ],
)
def test_the_console_does_not_lead_out_of_the_cluster(node: Replay, browser: Browser, path: str) -> None:
    expression = "(() => { try { return { path: m.pathOf(given[0]) } } catch (e) { return { refused: e.message } } })()"
    assert "refused" in said(node, browser, "paths.js", expression, path)


@pytest.mark.parametrize(
    "path",
    [
        "_optimize",
        "logs/_optimize?max_num_segments=1",
        "_flush",
        "logs/_flush/synced",
        "//_refresh/",
        "a,b/_refresh",
        "_cache/clear",
        "logs/_cache//clear?field=a",
        "%5foptimize",
        "logs%252f_flush",
        "_cache/%63lear",
    ],
)
def test_the_console_asks_for_nothing_that_changes_something(node: Replay, browser: Browser, path: str) -> None:
    expression = "(() => { try { return m.pathOf(given[0]) } catch (e) { return e } })().message"
    assert said(node, browser, "paths.js", expression, path) == "this changes something although it is asked with GET"


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("_cat/nodes?v", "_cat/nodes?v"),
        (" get  /_cat/nodes ", "_cat/nodes"),
        ("//elsewhere/x", "elsewhere/x"),
        ("i/_search?q=a/../b", "i/_search?q=a/../b"),
        ("a..b/_stats", "a..b/_stats"),
        ("logs/_search?q=_flush", "logs/_search?q=_flush"),
        ("", ""),
    ],
)
def test_a_path_is_taken_as_people_type_it(node: Replay, browser: Browser, typed: str, path: str) -> None:
    assert said(node, browser, "paths.js", "m.pathOf(given[0])", typed) == path


def test_what_the_console_refuses_is_not_asked(node: Replay, browser: Browser) -> None:
    opened(browser, node, "green")
    ask(browser, "../../elsewhere")
    wait_for_text(browser, "#console-refusal", "a path does not lead out of the cluster", SOON)
    assert [path for path in node.asked if "elsewhere" in path] == []
    assert browser.all("#console-path")[0].get_attribute("aria-invalid") == "true"


def test_a_long_answer_is_cut_and_says_so(node: Replay, browser: Browser) -> None:
    told = said(node, browser, "paths.js", "m.shown('x'.repeat(200007)).slice(200000)")
    assert told == "\n… and 7 more characters"
    assert said(node, browser, "paths.js", "m.shown('{\"a\":1}')") == '{\n  "a": 1\n}'
