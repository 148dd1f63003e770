"""A step is judged by what is new in the verdicts, and a stored run by all of them, again, without a cluster."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from cluster import history
from cluster.chaos import documents, recheck
from cluster.chaos.campaign import Judgement
from cluster.chaos.judging import Judging
from cluster.checkers import Complaint, Verdict
from cluster.errors import InfraError
from tests.cluster.checkers.story import Story, all_is_well

LOST = "no acknowledged document is lost"
PASSED = Verdict(LOST, 7)


def judging(*rounds: list[Verdict]) -> Judging:
    given = iter(rounds)
    return Judging(lambda: next(given))


def test_what_was_complained_of_before_does_not_make_the_next_step_red() -> None:
    judged = judging([Verdict(LOST, 7, ("doc-1",))], [Verdict(LOST, 9, ("doc-1",))], [Verdict(LOST, 9, ("doc-2",))])
    assert judged.of("step 1").red == (f"{LOST}: failed\n  doc-1",)
    assert judged.of("step 2").red == ()
    assert judged.of("step 3").red == (f"{LOST}: failed\n  doc-2",)


def test_what_was_unknown_for_the_same_reason_does_not_make_the_next_step_red() -> None:
    early, late = "health core-02 saw nothing after 30.0: killed", "health core-03 saw nothing after 99.0: killed"
    once, twice = Verdict("one master", 3, blind=early), Verdict("one master", 9, blind=f"{early}; {late}")
    judged = judging([once], [once], [twice], [twice])
    assert judged.of("step 1").red == (f"one master: unknown\n  {early}",)
    assert judged.of("step 2").red == ()
    assert judged.of("step 3").red == (f"one master: unknown\n  {late}",)
    assert judged.end().red == ()


def test_what_is_not_observed_is_red_anew_only_when_it_was_observed_in_between() -> None:
    judged = judging([Verdict(LOST, 0)], [Verdict(LOST, 0)], [PASSED], [Verdict(LOST, 0)])
    unseen = (f"{LOST}: unknown\n  nothing was observed",)
    assert [judged.of(f"step {number}").red for number in (1, 2, 3, 4)] == [unseen, (), (), unseen]


def test_a_complaint_whose_words_grow_with_the_history_is_the_same_and_another_one_beside_it_is_not() -> None:
    begun = Complaint("core-01 named a and core-02 named b for 31.0 s from 40.0", 40.0, 71.0)
    grown = Complaint("core-01 named a and core-02 named b for 44.0 s from 40.0", 40.0, 84.0)
    other = Complaint("core-01 named a and core-03 named b for 44.0 s from 40.0", 40.0, 84.0)
    later = Complaint("core-01 named a and core-02 named b for 44.0 s from 90.0", 90.0, 134.0)
    rounds = [(begun,), (grown,), (grown, other), (grown, other, later)]
    judged = judging(*([Verdict("one master", 9, complaints)] for complaints in rounds))
    red = [judged.of(f"step {number}").red for number in (1, 2, 3, 4)]
    assert red == [(f"one master: failed\n  {new}",) if new else () for new in (begun, None, other, later)]


def test_what_was_a_documented_limit_and_is_none_any_more_is_red() -> None:
    limit = Verdict(LOST, 7, ("doc-1",), issue="es-10407")
    judged = judging([limit], [Verdict(LOST, 7, ("doc-1",))], [Verdict(LOST, 7, ("doc-1",))])
    assert judged.of("step 1").red == ()
    assert judged.of("step 2").red == (f"{LOST}: failed\n  doc-1",)
    assert judged.end().red == ()


def test_a_documented_limit_is_told_and_not_red() -> None:
    judged = judging([PASSED, Verdict(LOST, 7, ("doc-1",), issue="es-10407")]).of("step 1")
    assert judged.red == ()
    assert judged.known == (f"{LOST}: known (es-10407)\n  doc-1",)


def test_what_is_new_is_told_to_the_history_about_its_step_and_at_the_end_every_verdict(tmp_path: Path) -> None:
    bad = Verdict(LOST, 7, ("doc-1",))
    other = Verdict("one master", 3)
    with history.opened(tmp_path / "history.jsonl", {"run": "x"}):
        judged = judging([bad, other], [bad, other])
        judged.of("step 1")
        assert judged.end() == Judgement(), "what the step was told is not news"
    told = history.read(tmp_path / "history.jsonl").of(history.VerdictGiven)
    assert [(one.question, one.status, one.about) for one in told] == [
        (LOST, "failed", "step 1"),
        (LOST, "failed", None),
        ("one master", "passed", None),
    ]


def test_what_came_after_the_last_step_is_red_at_the_end() -> None:
    lost = Verdict(LOST, 9, ("doc-1", "doc-2"))
    judged = judging([Verdict(LOST, 7, ("doc-1",))], [lost])
    judged.of("step 1")
    assert judged.end().red == (f"{LOST}: failed\n  doc-2",)


def stored(folder: Path, story: Story) -> Path:
    folder.mkdir()
    (folder / "history.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in story.lines))
    return folder


def rechecked(folder: Path) -> int:
    with pytest.raises(typer.Exit) as ended:
        recheck.recheck(folder)
    return ended.value.exit_code


def test_a_stored_run_that_is_well_is_well_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = stored(tmp_path / "run", all_is_well())
    assert rechecked(folder) == 0
    assert rechecked(folder / "history.jsonl") == 0
    assert f"passed   {LOST}" in capsys.readouterr().out


def test_a_stored_run_of_which_nothing_is_known_is_red_and_tells_what_is_bad_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rechecked(stored(tmp_path / "run", Story().booted())) == 1
    assert capsys.readouterr().out.splitlines()[-1].strip().startswith("unknown")


@pytest.mark.parametrize(("question", "exit_code"), [("nothing bad in the journals", 0), (LOST, 1)])
def test_a_stored_run_is_asked_only_what_it_was_asked_or_what_can_be_seen(
    tmp_path: Path, question: str, exit_code: int
) -> None:
    known = {"question": question, "status": "passed", "observed": 1}
    followed = {"machine": "core-01", "unit": "fleet.service", "text": "engine: leader", "level": "info"}
    story = Story().booted().tell("mark", 5.0, **followed).tell("verdict", 9.0, **known)
    assert rechecked(stored(tmp_path / "run", story)) == exit_code


def test_what_holds_no_run_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InfraError, match="is not the folder of a run"):
        recheck.histories(tmp_path)
    (tmp_path / "x").write_text("{}\n")
    with pytest.raises(InfraError, match="x"):
        recheck.read(tmp_path / "x")


def test_documents_are_counted_by_what_was_said_of_them_and_by_what_is_left() -> None:
    story = Story().write("a", 1).write("b", 2).write("c", 3, "unknown").write("d", 4, "fail")
    story.copies(9, "abcd", {"core-01": "a", "core-02": "a"})
    assert documents.counted(story.history) == {"acknowledged": 2, "not answered": 1, "refused": 1, "lost": 1}
