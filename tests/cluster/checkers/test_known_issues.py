"""Known issues: what is documented turns a failure into a known one, narrowly, and not for ever."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from cluster.checkers import Verdict, judge
from cluster.checkers.known import FILE, KnownIssues, KnownIssuesError
from cluster.settings import PROJECT
from tests.cluster.checkers.story import Story

LOST = "no acknowledged document is lost"
TODAY = date(2026, 11, 23)
ISSUE = f"""
[[issue]]
id = "es-1"
title = "a limit"
link = "https://github.com/elastic/elasticsearch/issues/7572"
question = "{LOST}"
complaint = "acknowledged at .* is on none"
during = ["partition"]
margin = 5
expires = 2027-01-01
"""


@pytest.fixture
def known(tmp_path: Path) -> KnownIssues:
    return load(tmp_path, ISSUE)


def load(folder: Path, text: str, today: date = TODAY) -> KnownIssues:
    path = folder / "known_issues.toml"
    path.write_text(text)
    return KnownIssues.load(path, today)


def lost(at: float, fault: str = "partition") -> Story:
    """A document that was acknowledged then, and is on no copy; the fault is from 10 to 20."""
    story = Story().fault(fault, "core-03", 10, 20).write("doc-1", at)
    return story.copies(100, ["doc-1"], {"core-01": [], "core-02": []}, expected=2)


def test_a_documented_loss_is_known_and_says_as_what(known: KnownIssues) -> None:
    verdict = lost(15).verdict(LOST, known)
    assert (verdict.status, verdict.issue) == ("known", "es-1")
    assert not verdict
    assert not verdict.is_bad


@pytest.mark.parametrize(("at", "fault"), [(15, "kill-machine"), (5, "partition"), (27, "partition")])
def test_the_same_loss_under_another_fault_or_at_another_time_is_a_failure(
    known: KnownIssues, at: float, fault: str
) -> None:
    assert lost(at, fault).verdict(LOST, known).status == "failed"


@pytest.mark.parametrize(
    ("only", "status"),
    [
        ("all", "known"),
        ("elasticsearch", "known"),
        ("9300", "known"),
        ("4001,9300", "known"),
        ("etcd", "failed"),
        ("2379,2380", "failed"),
    ],
)
def test_only_a_partition_that_came_between_the_nodes_explains_a_loss(
    known: KnownIssues, only: str, status: str
) -> None:
    story = Story().fault("partition", "core-03", 10, 20, only=only).write("doc-1", 15)
    story.copies(100, ["doc-1"], {"core-01": [], "core-02": []}, expected=2)
    assert story.verdict(LOST, known).status == status


def test_a_fault_that_was_never_healed_explains_nothing_on_the_next_cluster(known: KnownIssues) -> None:
    story = Story().fault("partition", "core-03", 10)
    story.write("doc-1", 40).copies(100, ["doc-1"], {"core-01": [], "core-02": []}, expected=2)
    assert story.verdict(LOST, known).status == "known"
    story.tell("phase", 20.0, name="down", phase="begin").tell("phase", 30.0, name="down", phase="end")
    assert story.verdict(LOST, known).status == "failed"


def test_one_complaint_that_is_not_explained_makes_all_of_it_a_failure(known: KnownIssues) -> None:
    story = lost(15).write("doc-2", 50).copies(110, ["doc-2"], {"core-01": [], "core-02": []}, expected=2)
    assert story.verdict(LOST, known).status == "failed"


def test_a_complaint_without_a_time_is_explained_by_nothing(known: KnownIssues) -> None:
    verdict = Verdict(LOST, 1, ("doc-1, acknowledged at 15, is on none",))
    assert known.turned(verdict, []).status == "failed"


def test_what_nobody_saw_is_not_known_but_unknown(known: KnownIssues) -> None:
    assert Story().fault("partition", "core-03", 10, 20).verdict(LOST, known).status == "unknown"


def test_a_documented_loss_hides_nothing_that_was_not_seen(known: KnownIssues) -> None:
    blind = lost(15).tell("observer", 30.0, name="operations", phase="failed", why="KeyError: x")
    assert blind.verdict(LOST, known).status == "unknown"
    assert blind.verdict(LOST).status == "failed"
    assert Verdict(LOST, 0, ("doc-1 is lost",), issue="es-1").status == "unknown"


def test_an_expired_issue_explains_nothing_and_is_a_failure_itself(tmp_path: Path) -> None:
    late = load(tmp_path, ISSUE, date(2027, 1, 2))
    assert lost(15).verdict(LOST, late).status == "failed"
    assert "es-1 expired on 2027-01-01" in lost(15).verdict("has expired", late).complaints[0]
    assert load(tmp_path, ISSUE, date(2027, 1, 1)).up_to_date()


@pytest.mark.parametrize("line", ["during = []", 'expires = "soon"', 'complaint = "("', 'margin = "long"'])
def test_an_issue_that_is_not_narrow_or_not_whole_is_refused(tmp_path: Path, line: str) -> None:
    key = line.partition(" ")[0]
    text = "\n".join(line if row.startswith(key) else row for row in ISSUE.splitlines())
    with pytest.raises(KnownIssuesError, match=r"es-1|not whole"):
        load(tmp_path, text)
    with pytest.raises(KnownIssuesError, match=key):
        load(tmp_path, "\n".join(row for row in ISSUE.splitlines() if not row.startswith(key)))


def test_the_projects_own_are_whole_have_links_and_ask_questions_that_there_are() -> None:
    known = KnownIssues.load()
    questions = {verdict.question for verdict in judge(Story().history, known)}
    assert known.issues
    assert FILE.parent == PROJECT
    assert {issue.question for issue in known.issues} <= questions
    assert all(issue.link.startswith("https://") for issue in known.issues)
    assert all(issue.expires < TODAY + timedelta(days=400) for issue in known.issues)
