"""A sabotage is as stated when exactly its tests are red, and for the stated reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cluster.sabotage import judge
from cluster.sabotage.report import Result, question
from cluster.sabotage.sabotage import Red, Sabotage

RED, OTHER = "e2e/test_a.py::test_red", "e2e/test_a.py::test_other"
STATED = Sabotage("s", "a promise", (), (Red(RED, "no master"),), green=(OTHER,))
LEASE = question("never two holders of the lease")
PASSED = Result("passed")


def verdicts(results: dict[str, Result]) -> list[tuple[str, str]]:
    return [(finding.test, finding.verdict) for finding in judge.judge(STATED, results)]


def test_red_for_the_stated_reason_beside_green_neighbours_is_as_stated() -> None:
    results = {RED: Result("failed", ("waited 5 s\n  no master since noon",)), OTHER: PASSED}
    (finding,) = judge.judge(STATED, results)
    assert finding.is_good
    assert finding.told == "no master since noon"


@pytest.mark.parametrize("phase", ["setup", "teardown"])
def test_a_failure_before_or_after_the_body_says_nothing_of_the_body(phase: str) -> None:
    results = {RED: Result("failed", (), (f"failed on {phase} with: no master",)), OTHER: PASSED}
    (finding,) = judge.judge(STATED, results)
    assert finding.verdict == judge.ANOTHER_REASON
    assert finding.told == f"not 'no master' but: failed on {phase} with: no master"


def test_a_failure_of_the_set_up_counts_where_the_sabotage_says_so_and_there_only() -> None:
    stated = replace(STATED, red=(Red(RED, "no master", setup=True),))
    for result, verdict in (
        (Result("failed", (), ("failed on setup with: no master",)), judge.AS_STATED),
        (Result("failed", (), ("failed on teardown with: no master",)), judge.ANOTHER_REASON),
        (Result("failed", ("no master",)), judge.ANOTHER_REASON),
    ):
        assert judge.judge(stated, {RED: result, OTHER: PASSED})[0].verdict == verdict


def test_a_test_that_stays_green_cannot_fail() -> None:
    assert verdicts({RED: PASSED, OTHER: PASSED}) == [(RED, judge.CANNOT_FAIL)]


def test_red_for_another_reason_is_no_proof_and_both_reasons_are_told() -> None:
    (finding,) = judge.judge(STATED, {RED: Result("failed", ("ssh: no route",)), OTHER: PASSED})
    assert finding.verdict == judge.ANOTHER_REASON
    assert finding.told == "not 'no master' but: ssh: no route"


def test_a_skipped_or_missing_test_proves_nothing() -> None:
    assert verdicts({OTHER: PASSED}) == [(RED, judge.NOT_RUN)]
    assert verdicts({RED: Result("skipped", ("not fresh",)), OTHER: PASSED}) == [(RED, judge.NOT_RUN)]


def test_a_neighbour_must_be_run_and_green() -> None:
    red = {RED: Result("failed", ("no master",))}
    assert verdicts({**red, OTHER: Result("failed", ("x",))})[1] == (OTHER, judge.NEIGHBOUR)
    assert verdicts({**red, OTHER: Result("skipped", ("x",))})[1] == (OTHER, judge.NEIGHBOUR)
    assert verdicts(red)[1] == (OTHER, judge.NEIGHBOUR)


def test_a_red_test_that_nobody_asked_for_is_a_neighbour_too() -> None:
    results = {RED: Result("failed", ("no master",)), OTHER: PASSED, "e2e/test_b.py::test_c": Result("failed", ("y",))}
    assert verdicts(results)[1:] == [("e2e/test_b.py::test_c", judge.NEIGHBOUR)]


def test_neighbours_run_first() -> None:
    assert STATED.tests == (OTHER, RED)


def test_what_the_history_has_against_a_broken_run_is_no_neighbour() -> None:
    results = {RED: Result("failed", ("no master",)), OTHER: PASSED, LEASE: Result("failed", ("2 at once",))}
    assert verdicts(results) == [(RED, judge.AS_STATED)]


def test_a_sabotage_may_state_that_the_history_is_red_and_then_it_must_be() -> None:
    stated = replace(STATED, red=(*STATED.red, Red(LEASE, "2 at once")))
    results = {RED: Result("failed", ("no master",)), OTHER: PASSED}
    assert stated.tests == STATED.tests
    assert judge.judge(stated, results)[1].verdict == judge.NOT_RUN
    assert judge.judge(stated, results | {LEASE: Result("failed", ("2 at once",))})[1].is_good
