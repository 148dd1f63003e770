"""The table says medians, what they lie between, what has changed, and what does not reach."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cluster.bench.figures import FIGURES, PHASES, Figure
from cluster.bench.result import Result
from cluster.bench.table import change, lines, reach

COMMANDS, READY = "the five commands", "machines up and fleet ready"
NOW = Result("2026-01-02T030405Z", "abc", {"cores": 2}, {READY: [13.0, 11.0, 30.0], COMMANDS: [1.5]})
BEFORE = Result("2026-01-01T030405Z", "def", {"cores": 2}, {READY: [26.0]})


def row(name: str, now: Result = NOW, before: Result | None = BEFORE) -> str:
    return next(line for line in lines(now, [before] if before else []) if line.startswith(name))


def test_a_line_has_the_median_the_span_the_former_median_the_change_and_the_reach() -> None:
    assert " ".join(row(READY).removeprefix(READY).split()) == "13.0 s 11.0 - 30.0 26.0 -50% ! ≤ 12"


def test_a_figure_that_reaches_has_no_mark_and_one_that_was_never_measured_before_no_change() -> None:
    assert " ".join(row(COMMANDS).removeprefix(COMMANDS).split()) == "1.50 s 1.50 - 1.50 ≤ 2"


def test_only_what_was_measured_has_a_line() -> None:
    assert not [line for line in lines(NOW, []) if line.startswith("tear-down")]


def test_the_first_time_nothing_is_compared() -> None:
    assert row(READY, before=None).split()[-2:] == ["≤", "12"]
    assert not [line for line in lines(NOW, []) if line.startswith("before:")]


def test_each_figure_is_compared_with_the_newest_result_that_has_it() -> None:
    partial = Result("2026-01-01T050000Z", "new", {"cores": 2}, {COMMANDS: [3.0], "tear-down": [1.0]})
    never = Result("2026-01-01T000000Z", "old", {"cores": 2}, {COMMANDS: [9.0]})
    told = list(lines(NOW, [partial, BEFORE, never]))
    assert all("-50%" in line for line in told[1:3])
    assert [line.split()[1] for line in told if line.startswith("before:")] == [f"{partial.at};", f"{BEFORE.at};"]


def test_a_result_of_another_host_is_compared_with_a_warning() -> None:
    assert "different hosts" in list(lines(NOW, [replace(BEFORE, host={"cores": 8})]))[-1]
    assert "different hosts" not in list(lines(NOW, [BEFORE]))[-1]


@pytest.mark.parametrize(("now", "before", "said"), [(1.5, 1.0, "+50%"), (1.02, 1.0, "="), (1.0, None, ""), (1, 0, "")])
def test_a_change_is_told_in_percent_where_it_is_one(now: float, before: float | None, said: str) -> None:
    assert change(now, before) == said


def test_what_is_beyond_its_reach_is_marked() -> None:
    assert [reach(Figure("a", "up", reach=2), median) for median in (2.0, 2.1)] == ["≤ 2", "! ≤ 2"]
    assert reach(Figure("a", "up"), 99.0) == ""


def test_every_figure_has_a_name_of_its_own_and_a_phase_that_there_is() -> None:
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)
    assert {figure.phase for figure in FIGURES} == set(PHASES)
