"""The judge: each question is answered from the stored history alone, and who saw nothing claims nothing."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cluster import history
from cluster.checkers import conclude, judge, judge_now
from cluster.checkers.known import KnownIssues
from cluster.history import VerdictGiven, parse, tell
from cluster.report import summary
from tests.cluster.checkers.story import LABEL, Story, all_is_well

NOTHING = KnownIssues()


def statuses(story: Story) -> dict[str, str]:
    return {verdict.question: verdict.status for verdict in judge(story.history, NOTHING)}


def test_a_run_in_which_all_was_seen_and_nothing_is_wrong_passes() -> None:
    assert set(statuses(all_is_well()).values()) == {"passed"}


def test_a_run_in_which_nothing_was_seen_is_unknown_and_that_is_bad() -> None:
    verdicts = judge(Story().history, NOTHING)[:-1]
    assert {verdict.status for verdict in verdicts} == {"unknown"}
    assert all(verdict.is_bad for verdict in verdicts)


@pytest.mark.parametrize(
    ("observer", "questions"),
    [
        ("etcd", {"never two holders of the lease", "each node starts after its predecessor released"}),
        ("health core-02", {"at most one master is accepted"}),
        ("journal core-02", {"no unit on two machines", "nothing bad in the journals"}),
    ],
)
def test_a_dead_observer_makes_what_relied_on_it_unknown(observer: str, questions: set[str]) -> None:
    story = all_is_well().tell("observer", 30.0, name=observer, phase="failed", why="KeyError: x")
    unknown = {question for question, status in statuses(story).items() if status == "unknown"}
    assert questions <= unknown
    assert "no acknowledged document is lost" not in unknown
    assert "KeyError: x" in repr(judge(story.history, NOTHING))


@pytest.mark.parametrize(
    "question", ["nothing bad in the journals", "no unit on two machines", "each node starts while it holds the lease"]
)
def test_a_machine_whose_journal_said_nothing_was_not_seen(question: str) -> None:
    story = all_is_well()
    story.lines = [line for line in story.lines if (line["kind"], line.get("machine")) != ("mark", "core-06")]
    assert story.verdict(question).status == "unknown"
    assert story.verdict(question).blind == "nothing was heard of the journal on core-06"


SILENT = "nothing bad in the journals"


def test_a_journal_that_fell_silent_while_its_machine_lives_was_not_seen_from_then_on() -> None:
    story = all_is_well().asked(30, "core-03").asked(60, "core-03", heard=False, number=2)
    story.asked(90, "core-03", heard=False, number=3).asked(90, "core-04").tell("phase", 120, name="gate", phase="end")
    assert story.verdict(SILENT).status == "unknown"
    assert story.verdict(SILENT).blind == "nothing was heard of the journal on core-03 from 60.0 on"
    assert story.verdict("no unit on two machines").status == "unknown"
    assert story.verdict("no acknowledged document is lost").status == "passed"


def test_one_that_is_heard_again_has_told_all() -> None:
    story = all_is_well().asked(60, "core-03", heard=False).asked(90, "core-03", number=2)
    assert story.tell("phase", 120, name="gate", phase="end").verdict(SILENT).status == "passed"


@pytest.mark.parametrize(
    ("since", "until", "kind", "status"),
    [
        (62, None, "kill-machine", "passed"),
        (62, 70, "freeze-machine", "passed"),
        (62, 70, "reboot-machine", "passed"),
        (62, None, "partition", "unknown"),
        (85, None, "kill-machine", "unknown"),
        (20, 40, "kill-machine", "unknown"),
    ],
)
def test_a_machine_that_went_before_its_sign_could_be_seen_is_not_asked_of(
    since: float, until: float | None, kind: str, status: str
) -> None:
    story = all_is_well().asked(60, "core-03", heard=False).fault(kind, "core-03", since, until)
    assert story.tell("phase", 120, name="gate", phase="end").verdict(SILENT).status == status


def test_what_nobody_had_the_time_to_see_is_held_against_nobody() -> None:
    story = all_is_well().asked(60, "core-03", heard=False).tell("phase", 79, name="gate", phase="end")
    assert story.verdict(SILENT).status == "passed"
    story.tell("observer", 79, name="journal core-03", phase="end").tell("phase", 200, name="down", phase="end")
    assert story.verdict(SILENT).status == "passed"


def test_on_a_host_that_was_said_to_be_slow_a_sign_may_come_later() -> None:
    story = all_is_well().asked(60, "core-03", heard=False).tell("phase", 90, name="gate", phase="end")
    assert story.verdict(SILENT).status == "unknown"
    story.lines[0]["factor"] = 2.0
    assert story.verdict(SILENT).status == "passed"


def test_a_node_that_was_never_asked_may_have_another_master() -> None:
    master = "at most one master is accepted"
    story = all_is_well()
    story.lines = [line for line in story.lines if (line["kind"], line.get("machine")) != ("health", "core-02")]
    assert story.verdict(master).blind == "nothing was heard of the node on core-02"
    assert story.verdict(master).status == "unknown"
    assert all_is_well().verdict(master).status == "passed"  # four machines of six have no node


def test_where_no_node_ever_ran_no_node_is_missing() -> None:
    assert Story().booted().verdict("nothing bad in the journals").status == "passed"
    assert Story().booted().verdict("at most one master is accepted").blind is None


def test_where_the_history_itself_lost_lines_nothing_is_known() -> None:
    story = all_is_well().tell("observer", 30.0, name="history", phase="failed", why="3 lines could not be written")
    assert set(list(statuses(story).values())[:-1]) == {"unknown"}


def test_the_cut_line_of_a_killed_run_does_not_matter_but_a_second_one_does() -> None:
    lines = [json.dumps(line) for line in all_is_well().lines]
    assert {one.status for one in judge(parse([*lines, "{"]), NOTHING)} == {"passed"}
    assert {one.status for one in judge(parse([*lines, "{", "{"]), NOTHING)[:-1]} == {"unknown"}


@settings(deadline=None)  # a busy host is slow at times
@given(st.integers())
def test_the_order_of_the_lines_and_a_second_judging_change_nothing(seed: int) -> None:
    story = all_is_well().fault("kill-machine", "core-02", 55, 58).health(56, "core-03", "x")
    first = judge(story.history, NOTHING)
    header, *rest = story.lines
    random.Random(seed).shuffle(rest)
    shuffled = parse(map(json.dumps, [header, *rest]))
    assert judge(shuffled, NOTHING) == first == judge(story.history, NOTHING)


def test_a_history_ends_with_its_verdicts_but_of_what_its_tests_never_did(tmp_path: Path) -> None:
    with history.opened(tmp_path / "history.jsonl", {}) as told:
        tell("mark", machine="core-01", unit="machine", text="booted")
        tell("observer", name="etcd", phase="failed", why="KeyError: x")
        verdicts = conclude(told.path, NOTHING)
    given = history.read(told.path).of(VerdictGiven)
    assert [(one.question, one.status) for one in given] == [(one.question, one.status) for one in verdicts]
    statuses = {one.question: one.status for one in given}
    assert statuses["never two holders of the lease"] == "unknown"  # somebody should have looked, and could not
    assert statuses["nothing bad in the journals"] == "passed"
    assert "no acknowledged document is lost" not in statuses
    assert "at most one master is accepted" not in statuses


def test_a_run_of_tests_without_elasticsearch_in_which_all_was_seen_is_green(tmp_path: Path) -> None:
    with history.opened(tmp_path / "history.jsonl", {"machines": {"core-01": "192.168.57.101"}}) as told:
        tell("mark", machine="core-01", unit="machine", text="booted")
        conclude(told.path, NOTHING)
    assert summary(tmp_path).startswith("## Green: ")


def test_a_disk_that_stays_full_to_the_end_is_told_with_each_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError("no space left")

    header, *lines = all_is_well().lines
    with history.opened(tmp_path / "history.jsonl", {key: header[key] for key in ("machines", "labels")}) as told:
        for line in lines:
            tell(**line)
        assert {verdict.status for verdict in judge_now(told.path, NOTHING)} == {"passed"}
        monkeypatch.setattr(os, "write", full)
        tell("phase", name="up", phase="begin")
        verdicts = conclude(told.path, NOTHING)
        monkeypatch.undo()
    assert {verdict.status for verdict in verdicts[:-1]} == {"unknown"}
    assert all("1 lines could not be written" in (verdict.blind or "") for verdict in verdicts[:-1])


def test_a_cluster_that_was_made_anew_is_another_one() -> None:
    story = all_is_well().unit(69, "core-01", "inactive", "elasticsearch_logging@1.service")
    story.tell("phase", 70, name="down", phase="begin")
    story.started(69, 5)  # on the old one, until a moment after its removal began
    story.tell("phase", 80, name="down", phase="end").tell("phase", 90, name="up", phase="begin")
    story.unit(100, "core-05", "active", "elasticsearch_logging@1.service").started(100, 5)
    for number, line in enumerate([line for line in story.lines[-4:] if "revision" in line], start=1):
        line["revision"] = number  # a new etcd counts from the beginning
    story.health(105, "core-05", f"{LABEL}-1")
    assert set(statuses(story).values()) == {"passed"}
