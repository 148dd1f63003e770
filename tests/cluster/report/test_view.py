"""What the report says of a history, without a browser."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cluster.history import parse
from cluster.report.event import Event
from cluster.report.findings import Finding
from cluster.report.view import View, as_data, view
from tests.cluster.report.sample import KILL, TEST, Sample, red_night


def seen(told: Sample) -> View:
    return view(parse(told.text().splitlines()))


def of(shown: View, lane: str) -> list[Event]:
    return [event for event in shown.events if event.lane == lane]


def finding(shown: View, title: str) -> Finding:
    return next(one for one in shown.findings if one.title == title)


def test_what_failed_comes_first_then_what_was_not_observed_then_what_is_known() -> None:
    shown = seen(red_night())
    assert [one.status for one in shown.findings][:4] == ["failed", "failed", "unknown", "known"]
    assert {one.status for one in shown.findings[4:]} == {"passed"}
    assert shown.headline == ("failed", "2 failed, 1 unknown, 5 passed under 1 fault")


def test_a_failure_says_why_when_and_what_was_being_done_to_the_cluster() -> None:
    one = finding(seen(red_night()), "acknowledged documents lost")
    assert one.reason == "document d233 was acknowledged, and is on no copy"
    assert (one.at, one.until) == (80, 171)
    assert one.during == ("kill-machine core-03",)


def test_the_page_opens_at_the_first_failure() -> None:
    since, until = seen(red_night()).opening
    assert since == pytest.approx(60)
    assert until == pytest.approx(181)


def test_of_a_long_test_the_page_opens_at_the_fault_that_was_at_work() -> None:
    told = Sample()
    told.test(10, 3000, TEST, "failed")
    told.fault(1, KILL, 2800, 2900)
    since, until = seen(told).opening
    assert (since, until) == (2780, 3000)


def test_what_a_step_has_told_is_not_told_again_of_the_whole_run() -> None:
    told = Sample()
    bad: dict[str, Any] = {"question": "journals", "status": "failed", "observed": 9}
    told.tell("verdict", 30, complaints=["a", "b"], about="step 1", **bad)
    told.tell("verdict", 90, complaints=["b"], about=None, **bad)
    told.tell("verdict", 91, complaints=["b", "c"], about=None, **bad)
    assert [(one.about, one.reasons) for one in seen(told).findings] == [("step 1", ("a", "b")), ("", ("b", "c"))]


def test_a_failed_test_says_its_own_words_line_by_line() -> None:
    told = Sample()
    told.tell("test", 1, test="e2e/test_a.py::test_b", phase="begin")
    told.tell(
        "test",
        9,
        test="e2e/test_a.py::test_b",
        phase="end",
        outcome="failed",
        why=r"assert no: failed\n  two" "\n + more",
    )
    assert finding(seen(told), "b").reasons == ("assert no: failed", "  two", " + more")


def test_a_moment_is_shown_with_the_fault_before_it() -> None:
    told = Sample()
    told.fault(1, KILL, 100, 180)
    told.tell(
        "verdict", 300, question="journals", status="failed", observed=9, complaints=["bad"], since=130, until=131
    )
    one = finding(seen(told), "journals")
    assert (one.at, one.until) == (130, 131)
    assert seen(told).opening == (80, 141)


def test_a_run_in_which_nothing_failed_is_shown_whole_and_green() -> None:
    told = Sample()
    told.test(1, 9)
    shown = seen(told)
    assert shown.opening == (0, 9)
    assert shown.headline == ("passed", "All 1 checks and tests passed")


def test_a_run_in_which_nothing_was_checked_is_not_green() -> None:
    told = Sample()
    told.tell("phase", 1, name="up", phase="begin")
    told.tell("phase", 2, name="up", phase="end")
    assert seen(told).headline[0] == "unknown"


def test_a_header_alone_is_a_run_too() -> None:
    shown = seen(Sample())
    assert shown.headline[0] == "unknown"
    assert [lane.title for lane in shown.lanes][:3] == ["Run", "Faults", "Cluster status"]


def test_a_boot_that_failed_is_a_failure_with_its_reason() -> None:
    told = Sample()
    told.tell("phase", 1, name="up", phase="begin")
    told.tell("phase", 60, name="up", phase="failed", why="core-03 does not answer\nssh: timeout")
    one = finding(seen(told), "up failed")
    assert (one.status, one.reasons) == ("failed", ("core-03 does not answer", "ssh: timeout"))
    assert (one.at, one.until) == (1, 60)


def test_a_run_that_was_killed_in_a_test_is_red_and_says_where() -> None:
    told = Sample()
    told.test(1, 5, "e2e/test_a.py::test_a")
    told.tell("test", 6, test="e2e/test_a.py::test_b", phase="begin")
    told.tell("mark", 30, machine="core-01", unit="a", text="b", level="info")
    shown = seen(told)
    assert shown.headline[0] == "failed"
    one = finding(shown, "b was not finished")
    assert (one.status, one.at, one.until) == ("unfinished", 6, 30)


def test_a_verdict_that_observed_nothing_says_what_that_means() -> None:
    told = Sample()
    told.tell("verdict", 3, question="one master", status="unknown", observed=0, complaints=[])
    assert "nothing was there to be judged" in finding(seen(told), "one master").reason


def test_a_verdict_without_a_test_is_about_the_time_since_the_last_fault() -> None:
    told = Sample()
    told.fault(1, KILL, 20, 40)
    told.tell("verdict", 50, question="one master", status="failed", observed=3, complaints=["two"])
    one = finding(seen(told), "one master")
    assert (one.at, one.until, one.during) == (20, 50, ("kill-machine core-03",))


@pytest.mark.parametrize(
    ("phases", "tone", "words"),
    [
        (("inject", "bites", "heal", "healed"), "fault", "bites after 1.0 s, healed after 3.0 s"),
        (("inject", "bites"), "warn", "never told to be healed"),
        (("inject", "failed"), "bad", "went wrong"),
        (("unavailable",), "plain", "not available here"),
    ],
)
def test_a_fault_says_how_far_it_came(phases: tuple[str, ...], tone: str, words: str) -> None:
    told = Sample()
    for at, phase in enumerate(phases):
        told.tell("fault", 10.0 + at, id=3, fault=KILL, phase=phase)
    (event,) = of(seen(told), "faults")
    assert event.tone == tone
    assert words in event.text


@pytest.mark.parametrize("where", [{"machine": "core-04"}, {"node": "es-4", "machine": "core-04"}])
def test_an_operation_is_found_by_its_machine(where: dict[str, str]) -> None:
    told = Sample()
    asked = {"process": "writer-1", "f": "create", "document": "d1", **where}
    told.tell("operation", 1, id=1, phase="invoke", **asked)
    told.tell("operation", 2, id=1, phase="fail", error="refused", **asked)
    told.tell("operation", 3, id=2, phase="invoke", **asked)
    place = " of ".join(where.values())
    assert [event.text for event in of(seen(told), "clients")] == [
        f"writer-1: create d1 at {place}: fail: refused",
        f"writer-1: create d1 at {place} was never answered in this history",
    ]


def test_a_fault_that_was_not_to_be_had_is_shown_and_is_at_work_nowhere() -> None:
    told = Sample()
    told.tell("fault", 10, id=3, fault=KILL, phase="unavailable", why="no netem")
    told.tell("verdict", 10, question="one master", status="failed", observed=3, complaints=["two"])
    shown = seen(told)
    assert "not available here after 0.0 s: no netem" in of(shown, "faults")[0].text
    assert finding(shown, "one master").during == ()
    assert shown.headline == ("failed", "1 failed")
    assert as_data(shown, {})["faults"] == []


def test_a_leader_that_is_lost_is_shown_on_its_own_machine() -> None:
    told = Sample()
    lost = {"kind": "etcd-leader-loss", "target": "etcd"}
    told.tell("fault", 10, id=3, fault=lost, phase="inject")
    told.tell("fault", 11, id=3, fault=lost, phase="bites", machines=["core-02"])
    shown = seen(told)
    assert "etcd-leader-loss etcd on core-02" in of(shown, "faults")[0].text
    assert as_data(shown, {})["faults"][0]["target"] == "etcd core-02"


def test_a_fault_that_did_not_bite_is_a_failure_of_its_own() -> None:
    told = Sample()
    told.tell("fault", 1, id=3, fault=KILL, phase="inject")
    told.tell("fault", 4, id=3, fault=KILL, phase="failed", why="core-03 still answers")
    one = finding(seen(told), "the fault kill-machine core-03 went wrong")
    assert (one.status, one.reason) == ("failed", "core-03 still answers")


def test_faults_at_the_same_time_have_rows_of_their_own() -> None:
    told = Sample()
    told.fault(1, KILL, 10, 20)
    told.fault(2, {"kind": "freeze-machine", "target": "core-01"}, 15, 30)
    told.fault(3, KILL, 21, 30)
    assert [event.row for event in of(seen(told), "faults")] == [0, 1, 0]


def test_a_machine_that_is_killed_says_nothing_and_its_units_end_all_the_same() -> None:
    shown = seen(red_night())
    run = next(event for event in of(shown, "machine:core-03") if "@3.service active" in event.text)
    assert run.until == pytest.approx(96.6)


def test_a_unit_is_drawn_from_state_to_state_and_its_instance_is_written_on_it() -> None:
    told = Sample()
    for at, state in ((1, "starting"), (2, "active"), (8, "failed"), (9, "inactive"), (12, "starting")):
        told.tell("unit", at, machine="core-01", unit="elasticsearch_logging@1.service", state=state)
    told.tell("mark", 20, machine="core-01", unit="a", text="b", level="info")
    runs = [event for event in of(seen(told), "machine:core-01") if event.shape == "bar"]
    assert [(run.at, run.until, run.tone) for run in runs] == [
        (1, 2, "busy"),
        (2, 8, "good"),
        (8, 9, "bad"),
        (12, 20, "busy"),
    ]
    assert {run.short for run in runs} == {"@1"}


def test_what_is_no_main_unit_is_drawn_low() -> None:
    shapes = {event.text.split()[1]: event.shape for event in of(seen(red_night()), "machine:core-01") if event.until}
    assert shapes["elasticsearch_logging@1.service"] == "bar"
    assert shapes["elasticsearch_logging-discovery@1.service"] == "thin"


def test_a_machine_that_the_header_does_not_name_has_a_lane_too() -> None:
    told = Sample(machines={})
    told.tell("mark", 2, machine="core-09", unit="a", text="b", level="error")
    assert "core-09" in [lane.title for lane in seen(told).lanes]


def test_a_node_that_says_the_same_again_goes_on_and_one_that_is_asked_no_more_ends() -> None:
    told = Sample()
    for at in (0, 5, 10, 15):
        told.health(at, "core-01", 1, "green", 5)
    told.health(20, "core-01", 1, "yellow", 4)
    told.tell("mark", 100, machine="core-01", unit="a", text="b", level="info")
    stretches = [(event.at, event.until, event.tone) for event in of(seen(told), "status")]
    assert stretches == [(0, 20, "good"), (20, 40, "warn")]


def test_two_opinions_about_the_master_are_told_as_such() -> None:
    told = Sample()
    told.health(1, "core-01", 1, "green", 5, master="a")
    told.health(2, "core-02", 2, "green", 5, master="a")
    told.health(3, "core-02", 2, "no-master", 1, master=None)
    told.health(4, "core-01", 1, "no-master", 1, master=None)
    masters = [(event.at, event.tone, event.text) for event in of(seen(told), "master")]
    assert [tone for _, tone, _ in masters] == ["plain", "plain", "warn", "bad"]
    assert masters[2][2] == "master: a say core-01; none say core-02"
    assert masters[3][2] == "no master: core-01, core-02"


def test_the_lease_has_a_bar_for_each_holder_and_a_claim_is_no_new_hold() -> None:
    told = Sample()
    lock = "/locks/elasticsearch_logging"
    first = {"holder": "elasticsearch_logging-1", "ip": "192.168.57.101"}
    told.tell("key", 1, key=lock, value=json.dumps(first), revision=5)
    told.tell("key", 2, key=lock, value=json.dumps(first | {"start": "a"}), revision=6)
    told.tell("key", 4, key=lock, value=None, revision=7)
    told.tell("key", 5, key=lock, value="somebody", revision=8)
    holds = [(event.at, event.until, event.short) for event in of(seen(told), "lease")]
    assert holds == [(1, 4, "elasticsearch_logging-1"), (5, 5, "somebody")]


def test_an_operation_that_was_not_answered_is_unknown_and_charts_count_all() -> None:
    told = Sample()
    one: dict[str, Any] = {"process": "writer-1", "f": "create", "index": "a", "document": "d"}
    for number, phase in enumerate(("ok", "ok", "fail", "unknown")):
        told.tell("operation", number, id=number, phase="invoke", **one)
        told.tell("operation", number + 0.5, id=number, phase=phase, took=0.5, **one)
    told.tell("operation", 5, id=9, phase="invoke", **one)
    shown = seen(told)
    assert [event.tone for event in of(shown, "clients")] == ["plain", "plain", "warn", "unknown", "unknown"]
    rate = next(chart for chart in shown.charts if chart["id"] == "rate")
    assert [point[2:] for point in rate["points"]] == [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    latency = next(chart for chart in shown.charts if chart["id"] == "latency")
    assert latency["points"][0][2:] == [0.5, 0.5]


def test_a_clock_is_told_when_it_moves() -> None:
    told = Sample()
    for at, offset in ((1, 0.01), (2, 0.02), (3, 4.0), (4, 4.01), (5, 0.0)):
        told.tell("clock", at, machine="core-02", offset=offset, uncertainty=0.02)
    assert [event.at for event in of(seen(told), "machine:core-02")] == [3, 5]


def test_every_event_is_traced_to_its_line() -> None:
    shown = seen(red_night())
    kinds = {"faults": "fault", "status": "health", "lease": "key", "clients": "operation"}
    for event in shown.events:
        line = json.loads(shown.told.history.lines[event.lines[0]])
        assert line["kind"] == kinds.get(event.lane, line["kind"])
        assert line["at"] >= event.at - 1e-9
