"""One word for what became of a test."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.errors import CommandFailed, InfraError, MachineUnreachable
from cluster.host import HostNotReady
from cluster.outcome import ORDER, verdict_of, worst


def report(outcome: str, **more: Any) -> Any:
    return SimpleNamespace(outcome=outcome, failed=outcome == "failed", skipped=outcome == "skipped", **more)


@pytest.mark.parametrize(
    ("outcome", "error", "verdict"),
    [
        ("passed", None, "passed"),
        ("failed", AssertionError("the promise is broken"), "failed"),
        ("failed", CommandFailed("exit 1"), "failed"),
        ("failed", InfraError("docker is gone"), "infra"),
        ("failed", MachineUnreachable("ssh"), "infra"),
        ("failed", HostNotReady("no docker"), "infra"),
        ("failed", AssertionError("assert never two holders: unknown, 0 observed"), "unknown"),
        ("skipped", None, "skipped"),
    ],
)
def test_a_phase_has_its_verdict(outcome: str, error: BaseException | None, verdict: str) -> None:
    assert verdict_of(report(outcome), error) == verdict


def test_what_upstream_is_known_not_to_keep_is_known() -> None:
    assert verdict_of(report("skipped", wasxfail="known: fleet#1"), AssertionError()) == "known"
    assert verdict_of(report("passed", wasxfail="known: fleet#1"), None) == "passed"


@pytest.mark.parametrize(
    ("verdicts", "of_all"),
    [
        (["passed", "passed", "passed"], "passed"),
        (["passed", "skipped", "passed"], "skipped"),
        (["passed", "infra", "failed"], "failed"),
        (["passed", "known", "passed"], "known"),
        (["passed", "passed", "infra"], "infra"),
    ],
)
def test_a_test_is_as_bad_as_its_worst_phase(verdicts: list[str], of_all: str) -> None:
    assert worst(verdicts) == of_all


@given(st.lists(st.sampled_from(ORDER), min_size=1))
def test_no_order_of_phases_makes_a_failure_good(verdicts: list[str]) -> None:
    assert worst(verdicts) == worst(verdicts[::-1])
    assert (worst(verdicts) in ("passed", "skipped", "known")) == (not {"failed", "infra", "unknown"} & set(verdicts))
