"""What the page reads of what the recorders wrote, when, and what it says of what it cannot read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cluster.browser import Browser
from tests.marvel.replay import Replay
from tests.marvel.test_words import PRIMARY, UNRECOVERED, cluster, copy, said

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp() * 1000
TODAY, YESTERDAY, OLD = (f".marvel-2026.11.{day}" for day in (23, 22, 18))
NOTHING = "Nothing is recorded here: what this page did not see itself may be missing."


def day(index: str, state: str = "STARTED") -> Any:
    return copy(state, primary=True, index=index)


def lost(index: str) -> Any:
    return copy("UNASSIGNED", primary=True, index=index, node=None)


@pytest.mark.parametrize(
    ("given", "readable", "note"),
    [
        (cluster(PRIMARY), [], NOTHING),
        (cluster(PRIMARY, day(OLD)), [], NOTHING),
        (cluster(day(TODAY), day(YESTERDAY), lost(OLD)), [YESTERDAY, TODAY], None),
        (cluster(day(TODAY)), [TODAY], None),
        (cluster(lost(TODAY), copy(index=TODAY)), [TODAY], None),
        (cluster(day(TODAY), copy("UNASSIGNED", index=TODAY, node=None)), [TODAY], None),
        (
            cluster(lost(TODAY), day(YESTERDAY)),
            [YESTERDAY],
            f"What was recorded cannot be read now: {TODAY} has no copy.",
        ),
        (
            cluster(blocks=UNRECOVERED),
            [],
            "What was recorded is not known before the cluster has recovered its state.",
        ),
    ],
)
def test_only_days_that_can_be_read_are_asked_and_the_others_are_named(
    node: Replay, browser: Browser, given: dict[str, Any], readable: list[str], note: str | None
) -> None:
    told = said(
        node,
        browser,
        "recorded.js",
        "[m.recordedIndices(given[0], given[1]).readable, m.unreadOf(given[0], given[1])]",
        given,
        NOON,
    )
    assert told == [readable, note]


def test_further_days_are_named_only_where_they_are_looked_for(node: Replay, browser: Browser) -> None:
    given = cluster(day(TODAY), day(OLD), lost(".marvel-2026.11.17"), day(".marvel-2026.11.15"))
    expression = "[m.recordedIndices(given[0], given[1], 7), m.unreadOf(given[0], given[1], 7)]"
    told = said(node, browser, "recorded.js", expression, given, NOON)
    assert told == [
        {"readable": [OLD, TODAY], "lost": [".marvel-2026.11.17"]},
        "What was recorded cannot be read now: .marvel-2026.11.17 has no copy.",
    ]


JOINED = """[[given[0], given[1]], [null, given[1]], [given[0], null], [null, null]].map(([older, recorded]) => {
    const told = m.toldBy({ older: { answer: older }, recorded: { answer: recorded } });
    return told && [told.events.map(({ id }) => id).join(""), told.total];
  })"""


def test_what_is_read_of_the_days_before_and_all_the_time_is_told_once(node: Replay, browser: Browser) -> None:
    older, recorded = (
        {"events": [{"id": one} for one in ids], "total": total, "read": [0, 1]}
        for ids, total in (("abc", 9), ("cd", 2))
    )
    told = said(node, browser, "recorded.js", JOINED, older, recorded)
    assert told == [["abcd", 10], ["cd", 2], ["abc", 9], None]


def test_what_is_too_much_to_be_read_all_the_time_is_counted_where_it_is_read(node: Replay, browser: Browser) -> None:
    older, recorded = (
        {"events": [{"id": one} for one in ids], "total": total, "read": read}
        for ids, total, read in (("abc", 3, [0, 2]), ("cd", 4, [1, 3]))
    )
    assert said(node, browser, "recorded.js", JOINED, older, recorded)[:2] == [["abcd", 4], ["cd", 4]]


ASKED_FOR_TWO_MINUTES = """
    (async () => {
      const asked = [];
      const hits = [1, 2].map(at => ({ _id: `${at}`, _source: { "@timestamp": at, type: "status" } }));
      const search = async (indices, type, text) => {
        const query = text.split(" ")[0];
        asked.push(query);
        const isWhole = query.startsWith("@timestamp");
        const told = isWhole && asked.length > 3 ? hits : hits.slice(0, 1);
        return { hits: told, total: told.length };
      };
      const real = Date.now;
      const began = real();
      const known = { state: { answer: given[0] }, recorded: { answer: null, seen: null } };
      const answers = [];
      for (const seconds of [0, 20, 65, 130]) {
        Date.now = () => began + seconds * 1000;
        known.recorded = { answer: await m.recorded.ask({ search }, null, known), seen: new Date() };
        answers.push(known.recorded.answer);
      }
      Date.now = real;
      return { asked, isSame: answers.map(one => one === answers[0]), found: answers.at(-1).events.length };
    })()"""


def test_what_was_delivered_late_is_shown_without_a_reload(node: Replay, browser: Browser) -> None:
    """All is read once a minute, and is news only where there is news in it."""
    days = [datetime.now(UTC) + timedelta(days=n) for n in (-1, 0, 1)]
    known = cluster(*[day(f".marvel-{when:%Y.%m.%d}") for when in days])
    told = said(node, browser, "sources.js", ASKED_FOR_TWO_MINUTES, known)
    assert told["asked"] == ["@timestamp:[now-24h", "seen:[now-2m", "@timestamp:[now-24h", "@timestamp:[now-24h"]
    assert told["isSame"] == [True, True, True, False]
    assert told["found"] == 2


def looked(at: int, observer: str, type_: str = "status", **more: Any) -> dict[str, Any]:
    return {"type": type_, "at": at, "observer": observer, "machine": f"10.0.0.{observer[1:]}"} | more


LOOKS = "m.recordedLooks(given[0], { answer: { events: given[1] }, seen: new Date(given[2]) })"


def test_a_time_in_which_no_recorder_ran_was_seen_by_none(node: Replay, browser: Browser) -> None:
    """A power cut of an hour: n1 says how long it did not look, n2 is still away."""
    events = [
        looked(0, "n1"),
        looked(0, "n2"),
        looked(5, "n2"),
        looked(3600, "n1", "recorder_started", duration_ms=3590),
        looked(3700, "n1"),
        looked(3720, "n1", "recorder_paused", duration_ms=8),
    ]
    looks = said(node, browser, "looks.js", LOOKS, cluster(nodes=1), events, 4000)
    assert looks == [[0, 10], [3600, 3712], [3720, 14000], [0, 5]]


def test_what_is_not_read_after_a_recorders_last_word_makes_it_look_no_longer(node: Replay, browser: Browser) -> None:
    looks = "m.recordedLooks(null, { answer: { events: given[0], unread: [2000, 3000] }, seen: new Date(0) })"
    events = [looked(0, "n1"), looked(100, "n1")]
    assert said(node, browser, "looks.js", looks, events) == [[0, 100]]


def test_a_recorder_that_began_for_the_first_time_looks_from_then_on(node: Replay, browser: Browser) -> None:
    events = [looked(50, "n1", "recorder_started"), looked(70, "n2", "recorder_started", duration_ms=60)]
    looks = said(node, browser, "looks.js", LOOKS, cluster(nodes=2), events, 100)
    assert looks == [[50, 10100], [70, 10100]]


def test_an_outage_is_seen_by_none_also_where_an_instance_came_back_on_another_machine(
    node: Replay, browser: Browser
) -> None:
    """A power cut from 100 to 3600: the recorder of the machine that is new has nothing to say of it."""
    events = [
        looked(0, "n1", machine="10.0.0.9"),
        looked(100, "n1", machine="10.0.0.9"),
        looked(3600, "n1", "recorder_started"),
        looked(3700, "n1"),
    ]
    looks = said(node, browser, "looks.js", LOOKS, cluster(nodes=1), events, 4000)
    assert looks == [[0, 100], [3600, 14000]]


MORE_THAN_IS_READ = """
    (async () => {
      const { toldBy } = await import(address.replace("sources.js", "recorded.js"));
      const { recordedLooks } = await import(address.replace("sources.js", "looks.js"));
      (await import(address.replace("sources.js", "span.js"))).choose("7d");
      const [real, began, HOUR] = [Date.now, Date.now(), 3600000];
      const at = (hours) => began + hours * HOUR;
      const told = Array.from({ length: 60 }, (_, hour) => hour - 59);
      const search = async (indices, type, query) => {
        const [, until] = / TO (\\S+)\\]/.exec(query);
        const all = told.filter((hour) => at(hour) <= (until === "*" ? Date.now() : Number(until)));
        const hit = (hour) => ({ _id: `${hour}`, _source: { "@timestamp": at(hour), machine: "m" } });
        const hits = all.slice(-10).reverse().map(hit);
        return { hits, total: all.length };
      };
      const known = { state: { answer: given[0] }, recorded: { answer: null }, older: { answer: null } };
      const looked = () => {
        const answer = toldBy(known);
        return recordedLooks(null, { answer }).map((look) => look.map((time) => Math.round((time - began) / HOUR)));
      };
      known.recorded = { answer: await m.recorded.ask({ search }, null, known) };
      known.older = { answer: await m.older.ask({ search }, null, known) };
      const looks = [looked()];
      told.push(1, 2, 3, 4);
      Date.now = () => at(4);
      known.recorded = { answer: await m.recorded.ask({ search }, null, known) };
      looks.push(looked());
      Date.now = real;
      return looks;
    })()"""


def test_of_a_time_that_is_not_read_nobody_knows_how_the_cluster_was(node: Replay, browser: Browser) -> None:
    """Ten events are read of either, one an hour happens. What is older is read from there on; four hours later four
    have come in and four gone out of what is read all the time, and of those that went out nobody knows."""
    days = [datetime.now(UTC) + timedelta(days=n) for n in range(-7, 2)]
    known = cluster(*[day(f".marvel-{when:%Y.%m.%d}") for when in days])
    first, later = said(node, browser, "sources.js", MORE_THAN_IS_READ, known)
    assert first == [[-18, 0]]
    assert later == [[-18, -9], [-5, 4]]


def test_an_instance_that_begins_on_a_machine_of_another_one_tells_how_long_nobody_looked_there(
    node: Replay, browser: Browser
) -> None:
    """n1 dies at 600, n2 begins on its machine at 660, and n1 comes back to it at 691: the spool is the machine's."""
    machine = "10.0.0.1"
    events = [
        looked(0, "n1"),
        looked(600, "n1"),
        looked(660, "n2", "recorder_started", machine=machine, duration_ms=60),
        looked(690, "n2", "recorder_stopped", machine=machine),
        looked(691, "n1", "recorder_started", duration_ms=1),
    ]
    looks = said(node, browser, "looks.js", LOOKS, cluster(nodes=2), events, 1000)
    assert looks == [[0, 600], [660, 690], [691, 11000]]


def test_a_recorder_that_was_stopped_looks_no_more_although_its_node_lives(node: Replay, browser: Browser) -> None:
    events = [
        looked(0, "n1"),
        looked(100, "n1", "recorder_stopped"),
        looked(0, "n2"),
        looked(100, "n2", "recorder_stopped"),
        looked(300, "n2", "recorder_started", duration_ms=150),
    ]
    looks = said(node, browser, "looks.js", LOOKS, cluster(nodes=2), events, 400)
    assert looks == [[0, 100], [0, 100], [300, 10400]]


def test_a_recorder_that_lost_its_spool_has_not_looked_since_its_last_word(node: Replay, browser: Browser) -> None:
    events = [looked(0, "n1"), looked(100, "n1"), looked(900, "n1", "recorder_started"), looked(950, "n1")]
    looks = said(node, browser, "looks.js", LOOKS, cluster(nodes=1), events, 1000)
    assert looks == [[0, 100], [900, 11000]]


def test_what_a_recorder_tells_of_the_time_before_it_was_there_is_no_look(node: Replay, browser: Browser) -> None:
    events = [looked(10, "n1", "process_started", seen=600), looked(595, "n1", "recorder_started", seen=595)]
    looks = said(node, browser, "looks.js", LOOKS, cluster(nodes=1), events, 1000)
    assert looks == [[595, 11000]]


def test_a_recorded_placement_knows_the_machines_as_far_as_they_are_known(node: Replay, browser: Browser) -> None:
    """n1 runs still, n2 is told by etcd before that time, n3 only after it."""
    placement = {"@timestamp": 50, "master": "n1", "table": {"nodes": {"1": "n1", "x": "n2", "y": "n3"}, "copies": []}}
    events = [
        {"type": "host_published", "node": "n2", "ip": "10.0.0.8", "at": 30},
        {"type": "host_published", "node": "n2", "ip": "10.0.0.7", "at": 20},
        {"type": "host_published", "node": "n3", "ip": "10.0.0.9", "at": 60},
    ]
    expression = "m.momentOfPlacement(given[0], m.machinesAt(given[1], given[2], 50)).nodes"
    nodes = said(node, browser, "recorded.js", expression, placement, cluster(nodes=1), events)
    assert nodes == [["1", "n1", "10.0.0.1"], ["x", "n2", "10.0.0.8"], ["y", "n3", ""]]


@pytest.mark.parametrize(
    ("row", "how"),
    [
        ({"type": "status", "status": "no-master"}, "without a master"),
        ({"type": "master_lost"}, "without a master"),
        ({"type": "status", "status": "yellow"}, "green, its master n1"),
    ],
)
def test_the_map_of_a_cluster_without_a_master_is_not_called_green(
    node: Replay, browser: Browser, row: dict[str, Any], how: str
) -> None:
    """Nobody records a placement then: what is shown is the last one before."""
    found = {"moment": {"at": 1000, "until": 1000, "status": "green", "master": "n1"}, "by": "the recorder"}
    told = said(node, browser, "panels/shards.js", "m.toldOf(given[0], given[1])", row | {"at": 2000}, found)
    assert f"The cluster was {how}; the map is of " in told
