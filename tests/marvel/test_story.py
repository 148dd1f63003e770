"""How events of several sources and observers become one story."""

from collections.abc import Iterator
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cluster.browser import Browser
from cluster.eventually import eventually
from tests.marvel.replay import Replay
from tests.marvel.test_page import SOON
from tests.marvel.test_words import PRIMARY, cluster, copy, said

NODE = "n3"
T = 1_795_415_986_000
S = 1000


def event(type_: str, at: int, observer: str = "n1", subject: str = NODE, **more: Any) -> dict[str, Any]:
    """One event of a recorder; `at` in milliseconds after the begin of the story."""
    origin = observer if observer in ("page", "api") else "recorder"
    about = {"node": subject} if type_.startswith(("node_", "process_", "copy_")) else {}
    return {"type": type_, "at": T + at, "observer": observer, "origin": origin, "subject": subject} | about | more


def status(value: str, at: int, observer: str = "n1", **more: Any) -> dict[str, Any]:
    return event("status", at, observer, subject="c", status=value, **more)


def copies(type_: str, at: int, observer: str, *shards: int, node: str = "n4", **more: Any) -> list[dict[str, Any]]:
    return [event(type_, at, observer, node, index="logs", shard=shard, **more) for shard in shards]


def story(node: Replay, browser: Browser, *events: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = said(node, browser, "events.js", "m.story(given[0])", list(events))
    return rows


def told(node: Replay, browser: Browser, *events: dict[str, Any]) -> list[str]:
    rows = story(node, browser, *events)
    texts: list[str] = said(node, browser, "telling.js", "given[0].map(m.tell)", rows)
    return [f"{(row['at'] - T) / 1000:g} {text}" for row, text in zip(rows, texts, strict=True)]


def test_a_killed_machine_is_one_story_whoever_tells_it(node: Replay, browser: Browser) -> None:
    rows = told(
        node,
        browser,
        event("node_left", 300, "api"),
        *[event("node_left", 400 + n * 700, f"n{n}") for n in (1, 2, 4)],
        event("node_left", 1900, "page"),
        status("yellow", 300, "api", missing=2, copies=8),
        *[status("yellow", 900 + n * 700, f"n{n}", missing=2, copies=8) for n in (1, 2, 4)],
        *copies("copy_promoted", 900, "n4", 0),
        *copies("copy_promoted", 1900, "page", 0),
        event("host_gone", 5000, ip="10.0.0.3"),
        *copies("copy_started", 62000, "n4", 0, 1, source="REPLICA", duration_ms=1000),
        *copies("copy_started", 63500, "page", 0, 1),
        *[status("green", 63300 + n, f"n{n}") for n in (1, 2, 4)],
        status("green", 64000, "page"),
    )
    assert rows == [
        "0.3 n3 left",
        "0.3 yellow: 2 of 8 copies missing, n3 left",
        "0.9 one replica promoted to primary on n4: n3 left",
        "5 the host of n3 is gone from etcd: its machine, or its discovery, was stopped or lost",
        "62 two copies rebuilt on n4 in 1 s",
        "63.301 green again after 1 min 3 s",
    ]


@pytest.mark.parametrize(
    ("before", "cause"),
    [
        ([], ""),
        ([("process_ended", -200)], ": its process ended"),
        ([("process_ended", -60 * S)], ""),
        ([("node_silent", -9 * S)], ": it did not answer"),
        ([("node_silent", -9 * S), ("node_answers", -2 * S)], ""),
        ([("node_silent", -9 * S), ("process_ended", 100)], ": its process ended"),
    ],
)
def test_why_a_node_left_is_told_where_its_own_recorder_knows(
    node: Replay, browser: Browser, before: list[tuple[str, int]], cause: str
) -> None:
    own = [event(type_, at, NODE, duration_ms=1) for type_, at in before]
    others = [event("process_ended", -100, "n1", "n1"), event("node_left", 0, "n1"), event("host_gone", 5000, "n2")]
    assert f"0 n3 left{cause}" in told(node, browser, *own, *others)


def test_a_row_names_each_origin_once_and_counts_its_observers(node: Replay, browser: Browser) -> None:
    [row] = story(
        node,
        browser,
        event("node_left", 500, "n1"),
        event("node_left", 800, "n2"),
        event("node_left", 300, "api"),
        event("node_left", 2000, "page"),
    )
    assert row["at"] == T + 300
    assert sorted(row["origins"]) == ["api", "page", "recorder"]
    assert sorted(row["observers"]) == ["api", "n1", "n2", "page"]


def test_the_masters_word_is_the_time_also_where_a_clock_is_behind(node: Replay, browser: Browser) -> None:
    [row] = story(node, browser, event("node_left", -4000, "n1"), event("node_left", 300, "api"))
    assert row["at"] == T + 300


def test_what_one_observer_tells_twice_happened_twice(node: Replay, browser: Browser) -> None:
    rows = told(
        node, browser, *[event(t, at) for t, at in [("node_left", 0), ("node_joined", 9000), ("node_left", 20000)]]
    )
    assert rows == ["0 n3 left", "9 n3 joined again after 9 s", "20 n3 left"]


def test_what_only_one_has_seen_and_was_over_is_not_what_all_see_later(node: Replay, browser: Browser) -> None:
    """The recorder of a node sees a state that passes; then its machine dies."""
    rows = told(
        node,
        browser,
        *[status(value, at, NODE) for value, at in [("green", 0), ("yellow", 900), ("green", 1100)]],
        *[event("node_left", 20 * S + n, f"n{n}") for n in (1, 2, 4)],
        *[status("yellow", 20 * S + 100 + n, f"n{n}") for n in (1, 2, 4)],
        *[status("green", 30 * S + n, f"n{n}") for n in (1, 2, 4)],
    )
    assert rows == [
        "0 green",
        "0.9 yellow",
        "1.1 green again after 0 s",
        "20.001 n3 left",
        "20.101 yellow: n3 left",
        "30.001 green again after 9 s",
    ]


@pytest.mark.parametrize(
    ("late", "more", "many"),
    [
        (2 * S, {}, 1),
        (9 * S, {}, 2),
        (9 * S, {"version": 7, "master": "m"}, 1),
        (9 * S, {"version": 8, "master": "m"}, 2),
        (2 * S, {"version": 8, "master": "m"}, 2),
        (2 * S, {"version": 7, "master": "another"}, 1),
        (2 * S, {"version": 8, "master": "another"}, 1),
        (9 * S, {"version": 7, "master": "another"}, 2),
    ],
)
def test_the_states_of_one_master_have_an_order_and_else_the_clocks_have_to_do(
    node: Replay, browser: Browser, late: int, more: dict[str, Any], many: int
) -> None:
    one = [status("yellow", 0, "n1", version=6, master="m"), status("green", 200, "n1", version=8, master="m")]
    rows = story(node, browser, *one, status("yellow", 200 + late, "n2", **more))
    assert [row["status"] for row in rows].count("yellow") == many


def test_who_was_frozen_tells_nothing_new_of_a_node_that_came_back(node: Replay, browser: Browser) -> None:
    """It finds both in one look, half a minute later."""
    others = [
        event(t, at + n, f"n{n}", version=v)
        for n in (1, 2)
        for t, at, v in [("node_left", 0, 7), ("node_joined", 9 * S, 9)]
    ]
    late = [event(type_, 40 * S, "n4", version=20) for type_ in ("node_left", "node_joined")]
    assert told(node, browser, *others, *late) == ["0.001 n3 left", "9.001 n3 joined again after 9 s"]


def test_who_loses_the_master_late_or_by_a_clock_that_is_ahead_tells_of_the_same_outage(
    node: Replay, browser: Browser
) -> None:
    rows = told(
        node,
        browser,
        *[
            one
            for n, ahead in [(1, 0), (2, 100), (3, 8 * S)]
            for one in [
                event("master_lost", ahead, f"n{n}", "n4", master="n4", version=7),
                status("no-master", ahead, f"n{n}", version=7),
                event("master_elected", 4 * S + ahead, f"n{n}", "n1", master="n1", version=8),
                status("yellow", 4 * S + ahead, f"n{n}", master="n1", version=8),
            ]
        ],
    )
    assert [row.partition(" ")[2].partition(":")[0] for row in rows] == [
        "no master",
        "no master",
        "n1 is the master after 4 s",
        "yellow",
    ]


@pytest.mark.parametrize("next_master", ["n2", "n4"])
@pytest.mark.parametrize("is_watched", [False, True], ids=["unwatched", "watched"])
@pytest.mark.parametrize("who", [("n1", "n2", "n3"), ("n2", "n1", "n3"), ("n2", "n3")], ids=str)
def test_an_outage_is_told_also_after_one_node_alone_had_lost_the_master(
    node: Replay, browser: Browser, who: tuple[str, ...], is_watched: bool, next_master: str
) -> None:
    """Whoever is left to tell it, in whatever order, and also where the page saw the first one's end before him."""

    def loss(at: int, observer: str, lasts: int, version: int) -> list[dict[str, Any]]:
        master = "n4" if version < 20 else next_master
        return [
            event("master_lost", at, observer, "n4", master="n4", version=version),
            status("no-master", at, observer, version=version),
            event("master_elected", at + lasts, observer, master, node=master, master=master, version=version + 2),
            status("green", at + lasts, observer, master=master, version=version + 2),
        ]

    others = [status("green", -S, n, master="n4", version=5) for n in ("n1", "n2", "n3")]
    going_on = [event("node_joined", 2 * S, n, "n5", node="n5", master="n4", version=8) for n in ("n2", "n3")]
    outage = [one for n, name in enumerate(who) for one in loss(30 * S + 50 * n, name, 4 * S, 20)]
    alone = loss(0, "n1", 5 * S, 7)
    page = [one | {"at": one["at"] - 100, "observer": "page", "origin": "page"} for one in alone[2:]]
    page = [event("master_lost", S, "page", "n4"), status("no-master", S, "page"), *page] if is_watched else []
    for one in page:
        one.pop("version", None), one.pop("master", None)
    rows = told(node, browser, *others, *alone, *page, *going_on, *outage)
    assert [row for row in rows if "master" in row] == [
        "0 n1 lost the master; the others had one",
        "4.9 n4 is the master" if is_watched else "5 n4 is the master",
        "30 no master: n4 is it no longer",
        "30 no master: nothing can be written",
        f"34 {next_master} is the master after 4 s",
    ]


def test_a_clock_that_is_behind_does_not_end_for_the_page_what_others_tell_now(node: Replay, browser: Browser) -> None:
    recorders = [("n1", 0), ("n2", 50), ("n3", -8 * S)]
    yellow = [status("yellow", ahead, n, version=7, master="m") for n, ahead in recorders]
    green = [status("green", 2 * S + ahead, n, version=8, master="m") for n, ahead in recorders]
    rows = told(node, browser, *yellow, *green, status("yellow", 900, "page"), status("green", 2900, "page"))
    assert rows == ["-8 yellow", "-6 green again after 2 s"]


def test_two_observers_of_two_events_do_not_mix_them_up(node: Replay, browser: Browser) -> None:
    rows = story(
        node,
        browser,
        *[
            status(value, at * S, who)
            for who in ("n1", "n2")
            for value, at in [("yellow", 0), ("green", 10), ("yellow", 20)]
        ],
        status("yellow", 21 * S, "page"),
    )
    assert [(row["status"], (row["at"] - T) // S, len(row["observers"])) for row in rows] == [
        ("yellow", 0, 2),
        ("green", 10, 2),
        ("yellow", 20, 3),
    ]


def test_a_master_lost_is_told_with_how_long_there_was_none(node: Replay, browser: Browser) -> None:
    rows = told(
        node,
        browser,
        event("master_lost", 0, subject="n1", previous="n1"),
        event("master_lost", 200, "page", subject=""),
        status("no-master", 0),
        event("master_elected", 14 * S, subject="n2", node="n2"),
        event("master_elected", 15 * S, "page", subject="n2", node="n2"),
        status("green", 14 * S),
    )
    assert rows == [
        "0 no master: n1 is it no longer",
        "0 no master: nothing can be written",
        "14 n2 is the master after 14 s",
        "14 green again after 14 s",
    ]


def seen_by(observers: str, type_: str, at: int, **more: Any) -> list[dict[str, Any]]:
    return [event(type_, at, f"n{who}", **more) for who in observers]


def alone(observers: str, at: int) -> list[dict[str, Any]]:
    """What those tell who see no master any more."""
    return seen_by(observers, "master_lost", at, subject="n1", node="n1") + [
        status("no-master", at, f"n{who}") for who in observers
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_a_node_that_was_alone_is_no_cluster_without_a_master(node: Replay, browser: Browser, order: int) -> None:
    events = [
        *seen_by("12345", "master_elected", -S, subject="n1", node="n1"),
        *[status("green", 0, f"n{who}") for who in "12345"],
        *alone("4", 200 * S),
        event("master_elected", 205 * S, "n4", subject="n1", node="n1", master="n1"),
        status("green", 205 * S, "n4", master="n1"),
        *seen_by("1235", "node_joined", 205 * S, subject="n4", master="n1"),
    ]
    rows = told(node, browser, *events[::order])
    assert rows[1:] == ["0 green", "200 n4 lost the master; the others had one", "205 n4 joined"]


def test_a_cluster_that_lost_its_quorum_had_no_master_whoever_was_left_to_tell(node: Replay, browser: Browser) -> None:
    rows = told(
        node,
        browser,
        *[status("green", 0, f"n{who}") for who in "12345"],
        *alone("45", 3 * S),
        *seen_by("123", "recorder_started", 300 * S, subject="n1"),
        *seen_by("12345", "master_elected", 310 * S, subject="n2", node="n2", master="n2"),
        *[status("red", 310 * S, f"n{who}", master="n2") for who in "12345"],
    )
    assert [row for row in rows if "recorder" not in row] == [
        "0 green",
        "3 no master",
        "3 no master: nothing can be written",
        "310 n2 is the master after 5 min 7 s",
        "310 red",
    ]


def test_of_etcd_another_revision_is_another_event(node: Replay, browser: Browser) -> None:
    rows = story(
        node,
        browser,
        event("lease_taken", 0, "n1", revision=7),
        event("lease_taken", 400, "n2", revision=7),
        event("lease_taken", 900, "n3", revision=9),
    )
    assert [(row["revision"], row["observers"]) for row in rows] == [(7, ["n1", "n2"]), (9, ["n3"])]


def test_trouble_is_as_long_as_from_the_first_other_status_to_green(node: Replay, browser: Browser) -> None:
    rows = told(
        node, browser, status("red", 0), status("yellow", 5 * S), status("yellow", 8 * S), status("green", 63 * S)
    )
    assert rows == ["0 red", "5 yellow", "63 green again after 1 min 3 s"]


def test_the_lease_is_held_from_taken_to_free(node: Replay, browser: Browser) -> None:
    rows = told(node, browser, event("lease_taken", 0), event("lease_used", 3 * S), event("lease_free", 20 * S))
    assert rows == [
        "0 n3 holds the startup lease",
        "3 n3 is started by its lease",
        "20 the startup lease of n3 is free after 20 s",
    ]


def test_copies_far_apart_are_rows_of_their_own(node: Replay, browser: Browser) -> None:
    rows = told(
        node,
        browser,
        *copies("copy_started", 0, "n4", 0),
        *copies("copy_started", 60 * S, "n4", 1, source="RELOCATION"),
    )
    assert rows == ["0 one copy complete on n4", "60 one copy moved on n4"]


def test_the_first_copies_of_an_index_are_not_rebuilt(node: Replay, browser: Browser) -> None:
    rows = told(
        node,
        browser,
        event("index_created", 0, subject="logs", index="logs"),
        *copies("copy_started", 2 * S, "n4", 0, source="GATEWAY", duration_ms=1000),
    )
    assert rows == ["0 index logs is new", "2 one first copy of logs made in 1 s"]


def test_a_story_of_thousands_of_events_is_told_at_once(node: Replay, browser: Browser) -> None:
    events = [
        item
        for burst in range(5)
        for who in ("n1", "page", "api")
        for item in copies("copy_started", burst * 600 * S + len(who), who, *range(400))
    ]
    took = said(
        node,
        browser,
        "events.js",
        "(t => [m.story(given[0]).length, performance.now() - t])(performance.now())",
        events,
    )
    assert took[0] == 5
    assert took[1] < 500


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["node_left", "node_joined", "process_started"]),
            st.integers(0, 10**6),
            st.sampled_from("abc"),
        ),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_does_not_matter_and_nothing_is_made_up(
    node: Replay, browser: Browser, things: list[tuple[str, int, str]], random: Any
) -> None:
    """Each row is told by at least one event of its type and time, and no observer's event is lost."""
    events = [event(type_, at, f"n{who}") for type_, at, who in dict.fromkeys(things)]
    shuffled = random.sample(events, len(events))
    first, second = said(node, browser, "events.js", "given.map(events => m.merged(events))", events, shuffled)
    key = lambda row: (row["type"], row["at"], sorted(row["observers"]))  # noqa: E731
    assert sorted(map(key, first)) == sorted(map(key, second))
    assert sum(len(row["observers"]) for row in first) == len(events)
    assert {(row["type"], row["at"]) for row in first} <= {(e["type"], e["at"]) for e in events}


LOOKS = {"n1": (0, 250, 40), "n2": (90, 250, -700), "n3": (170, 250, 600), "page": (500, 2000, 0)}
"""Of each observer: its first look, how far apart they are, how far its clock is ahead, in milliseconds."""


Span = tuple[str, int, int]
"""A status, from when it was, and until when."""

STATE = st.tuples(st.sampled_from(["green", "yellow", "red"]), st.sampled_from([60, 200, 400, 3 * S, 12 * S]))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STATE, min_size=2, max_size=14), st.sets(st.integers(1, 14), max_size=2), st.booleans())
@example([("green", 60), ("yellow", 60), ("green", 400), ("yellow", 60), ("green", 400)], set(), False)
def test_each_state_that_lasts_is_told_whatever_some_saw_pass_before(
    node: Replay, browser: Browser, states: list[tuple[str, int]], deaths: set[int], is_long_ago: bool
) -> None:
    """The cluster has one state after the other, and none is told that was not.

    Two of the machines die, each in a state that all have seen. What they told of the first may not be read any more.
    """
    spans = [*walk([("green", 3 * S), *states])]
    ends = [until for n, (_, since, until) in enumerate(spans) if n in deaths and until - since >= 3 * S]
    events = [(span, event) for who in LOOKS for span, event in told_by(who, spans, ends)]
    events = [(span, event) for span, event in events if span != spans[0] or not is_long_ago]
    rows = story(node, browser, *(event for _, event in events))
    known = [span for span in spans if span in {span for span, _ in events}]
    begins = [next(same)[:2] for _, same in groupby(known, itemgetter(0))] + [("", spans[-1][2])]
    truth = [(value, since, until) for (value, since), (_, until) in pairwise(begins)]
    for row in rows:
        at = row["at"] - T
        assert any(row["status"] == value and since - S < at < until + S for value, since, until in truth), row
    rest = iter(rows)
    lasting = [(value, since) for value, since, until in truth if until - since >= 3 * S]
    for (before, _), (value, since) in pairwise(lasting):
        if value != before:
            assert any(row["status"] == value and abs(row["at"] - T - since) < S for row in rest), (value, since)


def walk(states: list[tuple[str, int]]) -> Iterator[Span]:
    """Yield each state with when it began and ended."""
    at = 0
    for value, lasts in states:
        yield value, at, at + lasts
        at += lasts


def looks(who: str, since: int, until: int) -> list[int]:
    """Return when an observer looks in that time."""
    first, every, _ = LOOKS[who]
    return [at for at in range(first, until, every) if at >= since]


def told_by(who: str, spans: list[Span], ends: list[int]) -> Iterator[tuple[Span, dict[str, Any]]]:
    """Yield what an observer tells of each state that it sees when it looks. n2 dies first, n3 next."""
    dies = dict(zip(("n2", "n3"), ends, strict=False)).get(who, spans[-1][2])
    last = None
    for version, (value, since, until) in enumerate(spans):
        looked = looks(who, since, min(until, dies))
        if looked and value != last:
            of_master = {} if who == "page" else {"version": version, "master": "m"}
            yield (value, since, until), status(value, looked[0] + LOOKS[who][2], who, **of_master)
            last = value


MOMENT = {
    "at": 1,
    "until": 1,
    "status": "yellow",
    "master": "a",
    "nodes": [["1", "a", "10.0.0.1"], ["2", "b", "10.0.0.2"]],
    "indices": {"i": "0PS0 0RI1 0RU-", "k": "0PR0>1"},
}


def test_a_moment_holds_all_that_the_map_shows(node: Replay, browser: Browser) -> None:
    cluster, again = said(node, browser, "moment.js", "(c => [c, m.momentOf(c, 1)])(m.clusterAt(given[0]))", MOMENT)
    assert again == MOMENT
    assert [(copy["index"], copy["state"], copy["node"], copy["target"]) for copy in cluster["copies"]] == [
        ("i", "STARTED", "1", None),
        ("i", "INITIALIZING", "2", None),
        ("i", "UNASSIGNED", None, None),
        ("k", "RELOCATING", "1", "2"),
    ]


@pytest.mark.parametrize(
    ("after", "events"),
    [
        ({}, []),
        ({"master": None, "status": "no-master"}, ["status no-master", "master_lost "]),
        ({"master": "b"}, ["master_elected b"]),
        ({"nodes": [["1", "a", ""], ["3", "b", ""]]}, ["node_left b", "node_joined b"]),
        ({"indices": {"i": "0PS0 0RI1 0RU-"}}, ["index_deleted k"]),
        ({"indices": {**MOMENT["indices"], "l": "0PS0"}}, ["index_created l"]),
        ({"indices": {**MOMENT["indices"], "i": "0PS0 0RS1 0RU-"}}, ["copy_started i[0]"]),
        ({"indices": {}}, []),
    ],
)
def test_two_moments_tell_what_happened_between_them(
    node: Replay, browser: Browser, after: dict[str, Any], events: list[str]
) -> None:
    found = said(node, browser, "changes.js", "m.changes(given[0], given[1])", MOMENT, MOMENT | {"at": 2} | after)
    assert [f"{event['type']} {event['subject']}" for event in found if event["at"] == 2] == events


def test_a_replica_that_is_the_primary_now_was_promoted(node: Replay, browser: Browser) -> None:
    before = MOMENT | {"indices": {"i": "0PS0 0RS1"}}
    after = MOMENT | {"at": 2, "nodes": [MOMENT["nodes"][1]], "master": "b", "indices": {"i": "0PS0 0RU-"}}
    found = said(node, browser, "changes.js", "m.changes(given[0], given[1])", before, after)
    assert [(e["type"], e.get("node")) for e in found] == [
        ("master_elected", "b"),
        ("node_left", "a"),
        ("copy_promoted", "b"),
    ]


def test_the_strip_says_how_long_the_cluster_was_how_and_what_nobody_knows(node: Replay, browser: Browser) -> None:
    rows = [
        {"type": "status", "status": value, "at": at} for value, at in (("green", 100), ("yellow", 300), ("green", 400))
    ]
    spans = said(node, browser, "strip.js", "m.spansOf(given[0], [[100, 350], [380, 500]], 0, 600)", rows)
    assert [(span["status"], span["from"], span["until"]) for span in spans] == [
        ("unknown", 0, 100),
        ("green", 100, 300),
        ("yellow", 300, 350),
        ("unknown", 350, 380),
        ("yellow", 380, 400),
        ("green", 400, 500),
        ("unknown", 500, 600),
    ]
    spans = [{"status": "green", "from": 0, "until": 60000}, {"status": "yellow", "from": 60000, "until": 61000}]
    assert said(node, browser, "strip.js", "m.summary(given[0])", spans) == "green for 1 min 0 s and yellow for 1 s"


def test_what_the_api_still_knows_is_told_by_the_copies(node: Replay, browser: Browser) -> None:
    lost = {"reason": "NODE_LEFT", "details": "node_left[x]", "since": "2026-11-23T06:39:46.000Z"}
    given = {
        "cluster": {"copies": [lost, lost | {"since": "2026-11-23T06:39:47.000Z"}]},
        "recoveries": [
            {"index": "i", "shard": 0, "kind": "REPLICA", "node": "b", "from": "a", "start": 5, "stop": 9, "bytes": 7},
            {
                "index": "i",
                "shard": 1,
                "kind": "REPLICA",
                "node": "b",
                "from": "a",
                "start": 5,
                "stop": None,
                "bytes": 7,
            },
        ],
        "starts": {"a": 3},
        "created": {"i": 4},
    }
    found = said(node, browser, "facts.js", "m.facts({ ...given[0], names: new Map([['x', 'c']]) })", given)
    assert [(e["type"], e.get("node") or e["index"], e["at"]) for e in found] == [
        ("node_left", "c", 1795415986000),
        ("copy_started", "b", 9),
        ("process_started", "a", 3),
        ("index_created", "i", 4),
    ]


@pytest.mark.parametrize(
    ("text", "value"), [("1m", 60000), ("1.5h", 5400000), ("500ms", 500), ("60000", 60000), ("-1", -1), (None, None)]
)
def test_a_time_is_read_as_elasticsearch_writes_it(node: Replay, browser: Browser, text: str, value: int) -> None:
    assert said(node, browser, "replies.js", "m.milliseconds(given[0])", text) == value


def test_red_is_told_since_a_primary_is_missing_not_since_a_replica_is(node: Replay, browser: Browser) -> None:
    early, late = "2026-11-23T06:00:00.000Z", "2026-11-23T09:00:00.000Z"
    replica = copy("UNASSIGNED", node=None, since=early)
    known = [cluster(PRIMARY, replica), cluster(replica, copy("UNASSIGNED", primary=True, node=None, since=late))]
    found = said(node, browser, "history.js", "given.flatMap(c => m.status(c)).map(e => [e.status, e.at])", *known)
    assert found == [["yellow", 1795413600000], ["red", 1795424400000]]


WATCHED = """
    (async () => {
      const real = Date.now;
      const began = real();
      (await import(address.replace("history.js", "now.js"))).learn(began, began);
      const blank = { answer: null, seen: null, problem: null, parts: {} };
      const known = { state: blank, recorded: blank, copied: blank, settings: blank, figures: blank };
      let news = 0;
      for (let place = 0; place < 600; place += 1) {
        Date.now = () => began + place * PACE;
        m.watch({ ...given[place % 2], name: "c" });
        news += place >= 590 && m.rowsOf(known).at(-1).status === (place % 2 === 0 ? "green" : "yellow");
      }
      const last = Date.now();
      Date.now = real;
      const looks = m.looks();
      return [looks.length, last - looks.at(-1)[0] < 1000, news];
    })()"""


KEPT = """
    const [done] = arguments;
    const opening = indexedDB.open("marvel", 1);
    opening.onsuccess = () => {
      const keys = opening.result.transaction("moments").objectStore("moments").getAllKeys();
      keys.onsuccess = () => { opening.result.close(); done(keys.result.map(([, at]) => at)); };
    };"""


@pytest.mark.parametrize(("pace", "most"), [(2000, 500), (1800_000, 336)], ids=["500 changes", "7 days"])
def test_what_the_browser_keeps_of_a_page_that_stays_open_is_bounded(
    node: Replay, browser: Browser, pace: int, most: int
) -> None:
    """Of 600 changes, one every two seconds, and one every half an hour."""
    green, yellow = cluster(PRIMARY, copy()), cluster(PRIMARY, copy("UNASSIGNED", node=None))
    said(node, browser, "history.js", WATCHED.replace("PACE", str(pace)), green, yellow)
    kept = eventually("600 were kept, and some dropped", lambda: kept_at_last(browser, 599 * pace), SOON)
    assert len(kept) == most


def kept_at_last(browser: Browser, length: int) -> list[float]:
    """Return the times of what the browser keeps, once it is rid of the first and has the last."""
    times: list[float] = browser.driver.execute_async_script(KEPT)
    is_over = times and max(times) - browser.driver.execute_script("return performance.timeOrigin") > length
    return times if is_over and len(times) < 600 else []


def test_the_page_keeps_the_last_500_moments_and_still_tells_each_new_one(node: Replay, browser: Browser) -> None:
    green, yellow = cluster(PRIMARY, copy()), cluster(PRIMARY, copy("UNASSIGNED", node=None))
    assert said(node, browser, "history.js", WATCHED.replace("PACE", "2000"), green, yellow) == [500, True, 10]
