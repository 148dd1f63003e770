"""How figures become lines: rates from counters, gaps where nothing was told, thresholds in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cluster.browser import Browser
from tests.marvel.replay import Replay
from tests.marvel.test_words import cluster, copy, said

EMPTY = {"heap": None, "cpu": None, "load": None, "disk": None, "indexed": None, "searched": None, "collected": None}


def sample(at: int, **figures: Any) -> dict[str, Any]:
    return EMPTY | {"at": at * 1000} | figures


def lines(node: Replay, browser: Browser, *samples: dict[str, Any]) -> Any:
    return said(node, browser, "series.js", "m.linesOf(given[0])", list(samples))


def test_counters_become_rates_between_two_samples(node: Replay, browser: Browser) -> None:
    told = lines(node, browser, sample(0, indexed=100), sample(10, indexed=150), sample(20, indexed=150))
    assert told["times"] == [0, 10, 20]
    assert told["indexing"] == [None, 5, 0]


def test_a_counter_that_fell_is_no_rate(node: Replay, browser: Browser) -> None:
    told = lines(node, browser, sample(0, searched=1000), sample(10, searched=20), sample(20, searched=40))
    assert told["searching"] == [None, None, 2]


def test_a_second_of_collecting_in_ten_is_ten_percent(node: Replay, browser: Browser) -> None:
    assert lines(node, browser, sample(0, collected=0), sample(10, collected=1000))["gc"] == [None, 10]


def test_a_time_without_samples_breaks_the_line(node: Replay, browser: Browser) -> None:
    told = lines(node, browser, sample(0, heap=30, indexed=1), sample(100, heap=40, indexed=11))
    assert told["times"] == [0, 1, 100]
    assert told["heap"] == [30, None, 40]
    assert told["indexing"] == [None, None, None]


def test_samples_are_put_in_their_order(node: Replay, browser: Browser) -> None:
    assert lines(node, browser, sample(10, heap=2), sample(0, heap=1))["heap"] == [1, 2]


def test_no_sample_is_no_line(node: Replay, browser: Browser) -> None:
    assert lines(node, browser)["times"] == []


def test_what_a_node_tells_is_one_sample(node: Replay, browser: Browser) -> None:
    stats = {
        "jvm": {
            "mem": {"heap_used_percent": 31},
            "gc": {
                "collectors": {
                    "young": {"collection_time_in_millis": 900},
                    "old": {"collection_time_in_millis": 50},
                }
            },
        },
        "os": {"cpu": {"usage": 8}, "load_average": [1.5, 1, 1]},
        "fs": {"total": {"available_in_bytes": 7}},
        "indices": {"indexing": {"index_total": 3}, "search": {"query_total": 4}},
    }
    told = said(node, browser, "series.js", "m.sampleOf(given[0], 5)", stats)
    assert told == {
        "at": 5,
        "heap": 31,
        "cpu": 8,
        "load": 1.5,
        "disk": 7,
        "indexed": 3,
        "searched": 4,
        "collected": 950,
    }


def test_what_a_node_cannot_tell_is_not_nought(node: Replay, browser: Browser) -> None:
    assert said(node, browser, "series.js", "m.sampleOf({ jvm: {} }, 5)") == EMPTY | {"at": 5}


def test_2_x_calls_the_machines_cpu_otherwise(node: Replay, browser: Browser) -> None:
    stats = {"os": {"timestamp": 1764000000000, "cpu_percent": 8, "load_average": 1.5}}
    assert said(node, browser, "series.js", "m.sampleOf(given[0], 5)", stats) == EMPTY | {
        "at": 5,
        "cpu": 8,
        "load": 1.5,
    }


def test_what_the_recorder_kept_is_the_same_kind_of_sample(node: Replay, browser: Browser) -> None:
    document = {
        "@timestamp": 1764000000000,
        "heap_percent": 31,
        "cpu_percent": 8,
        "load": 1.5,
        "disk_free_bytes": 7,
        "indexed": 3,
        "searches": 4,
        "gc_young_ms": 900,
        "gc_old_ms": 50,
    }
    told = said(node, browser, "series.js", "m.recordedOf(given[0])", document)
    assert told["at"] == 1764000000000
    assert (told["collected"], told["searched"], told["disk"]) == (950, 4, 7)
    written = document | {"@timestamp": "2025-11-24T16:00:00.000Z"}
    assert said(node, browser, "series.js", "m.recordedOf(given[0]).at", written) == 1764000000000


def test_the_recorders_samples_come_before_the_pages_own(node: Replay, browser: Browser) -> None:
    recorded, own = [sample(n, heap=1) for n in (0, 10, 20, 30)], [sample(n, heap=2) for n in (20, 30)]
    told = said(
        node, browser, "series.js", "m.within(given[0], given[1], 30000, 25000).map(s => s.heap)", recorded, own
    )
    assert told == [1, 2, 2]


def test_what_the_recorder_kept_fills_the_holes_of_what_the_page_saw(node: Replay, browser: Browser) -> None:
    """Of own samples until 20 s and from 120 s on, and of none any more for a minute: nothing is told twice."""
    recorded = [sample(n, heap=1) for n in range(0, 200, 10)]
    own = [sample(n, heap=2) for n in (10, 20, 120, 130)]
    expression = (
        "m.within(given[0], given[1], 190000, 1000000).map(s => [s.at / 1000, s.heap]).sort((a, b) => a[0] - b[0])"
    )
    told = said(node, browser, "series.js", expression, recorded, own)
    filled = [*range(30, 120, 10), *range(140, 190, 10)]
    assert told == sorted([[n, 1] for n in (0, *filled)] + [[n, 2] for n in (10, 20, 120, 130)])


WATCHED = """
    (async () => {
      const [real, began] = [Date.now, Date.now()];
      const state = { answer: given[0] };
      const known = { state, samples: { parts: { all: { answer: null } } } };
      const asked = [];
      let delivered = Infinity; // until which second what the recorder keeps, each ten seconds, can be found
      const search = async (indices, type, query) => {
        const [from, until] = /\\[(.*) TO (.*)\\]/.exec(query).slice(1).map((at) => (Number(at) - began) / 1000);
        asked.push([from, until]);
        const seconds = Array.from({ length: 9000 }, (_, place) => place * 10 - 7200);
        const found = seconds.filter((at) => at >= from && at <= until && at <= delivered).reverse();
        const hit = (at) => ({ _source: { "@timestamp": began + at * 1000, node: "n1", heap_percent: 1 } });
        return { hits: found.map(hit), total: found.length };
      };
      const at = async (second, doing) => { Date.now = () => began + second * 1000; return doing(); };
      const fill = async () => { known.samples.parts.all.answer = await m.samples.ask({ search }, null, known); };
      const look = () => m.figures.ask({ get: async () => ({ nodes: { 1: { jvm: {} } } }) }, null, known, "1");
      const second = ({ at }) => Math.round((at - began) / 1000);
      const times = () => known.samples.parts.all.answer.n1.map(second).sort((a, b) => a - b);
      const result = await (async () => { DOING })();
      Date.now = real;
      return result;
    })()"""


def watched(node: Replay, browser: Browser, doing: str) -> Any:
    days = [datetime.now(UTC) + timedelta(days=n) for n in (-1, 0, 1, 2)]
    known = cluster(*[copy(primary=True, index=f".marvel-{when:%Y.%m.%d}") for when in days], nodes=1)
    return said(node, browser, "figures.js", WATCHED.replace("DOING", doing), known)


def test_the_recorder_is_asked_for_the_times_in_which_the_page_has_not_looked(node: Replay, browser: Browser) -> None:
    """All of an hour at first, nothing while there is no hole, and the nine minutes that it was out of sight."""
    asked, times = watched(
        node,
        browser,
        """await at(0, fill);
        for (let second = 0; second <= 60; second += 6) { await at(second, look); }
        await at(60, fill);
        await at(600, fill);
        await at(601, look);
        await at(602, fill);
        return [asked, times()];""",
    )
    assert asked == [[-3600, 0], [60, 600]]
    assert times == [*range(-2990, 10, 10), *range(60, 610, 10)]


def test_what_was_recorded_without_a_master_is_asked_for_until_it_is_delivered(node: Replay, browser: Browser) -> None:
    """The page is opened within an outage that began 300 s ago; what was kept of it comes 95 s later."""
    asked, times = watched(
        node,
        browser,
        """delivered = -300;
        await at(0, fill);
        for (let second = 0; second <= 130; second += 6) { await at(second, look); }
        await at(60, fill);
        delivered = Infinity;
        await at(120, fill);
        await at(130, fill);
        return [asked, times()];""",
    )
    assert asked == [[-3600, 0], [-300, 0], [-300, 0]]
    assert times == list(range(-3470, 10, 10))


def test_what_is_older_than_the_chart_shows_is_forgotten(node: Replay, browser: Browser) -> None:
    """A page that hears nothing of a node has a hole each minute."""
    length = watched(
        node,
        browser,
        "for (let second = 0; second <= 4 * 3600; second += 60) { await at(second, fill); } return times().length;",
    )
    assert length <= 361


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "nothing is known yet"),
        ([None], "nothing is known yet"),
        ([28, 45, 31], "31 % now, between 28 % and 45 %"),
        ([28, 76], "76 % now, high, between 28 % and 76 %"),
        ([92], "92 % now, very high, between 92 % and 92 %"),
        ([28, None], "not known now, between 28 % and 28 %"),
    ],
)
def test_a_line_is_told_in_words(node: Replay, browser: Browser, values: list[float], words: str) -> None:
    assert said(node, browser, "series.js", "m.summaryOf(m.METRICS[0], given[0])", values) == words


def test_thresholds_are_printed(node: Replay, browser: Browser) -> None:
    told = said(node, browser, "series.js", "m.METRICS.map(m.limitsOf)")
    assert told[0] == "high from 75 %, very high from 90 %"
    assert told[2] == "no threshold"
    assert said(node, browser, "series.js", "m.thresholds()") == (
        "Heap: high from 75 %, very high from 90 %. CPU of the machine: high from 80 %, very high from 95 %."
        " Time spent in garbage collection: high from 5.0 %, very high from 20.0 %."
    )


def test_lines_of_nodes_that_were_asked_at_different_moments_share_one_axis(node: Replay, browser: Browser) -> None:
    one, other = {"times": [1, 3], "heap": [10, 30]}, {"times": [2, 3], "heap": [20, None]}
    told = said(node, browser, "panels/trends.js", "m.aligned([given[0], given[1]], 'heap')", one, other)
    assert told == [[1, 2, 3], [10, None, 30], [None, 20, None]]


def test_of_a_node_that_has_just_joined_alone_the_recorder_is_asked(node: Replay, browser: Browser) -> None:
    """n1 is known for an hour, n2 since now: what the others have is not sent again with each minute."""
    doing = """const queries = [];
        const asker = { search: (...given) => { queries.push(given[2]); return search(...given); } };
        await at(0, fill);
        for (let second = 0; second <= 60; second += 6) { await at(second, look); }
        state.answer.nodes.push({ id: "2", name: "n2" });
        await at(61, () => m.samples.ask(asker, null, known));
        return queries.map((query) => [query.includes('node:"n1"'), query.includes('node:"n2"')]);"""
    assert watched(node, browser, doing) == [[False, True]]
