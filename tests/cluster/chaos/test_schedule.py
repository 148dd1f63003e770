"""A schedule is what its seed makes it, survivable, and the same after it was written down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cluster.chaos import drawing, schedule, survivable
from cluster.chaos.schedule import Planned, Schedule, Step
from cluster.errors import InfraError
from cluster.faults import BadOrder, Order, Shape

MACHINES = tuple(f"core-{number:02d}" for number in range(1, 7))
UNITS = tuple(f"elasticsearch_logging@{number}.service" for number in range(1, 6))
SHAPE = Shape(MACHINES, MACHINES[:3], UNITS)

seeds = some.integers(min_value=0, max_value=2**32)
minutes = some.floats(min_value=0.1, max_value=12)


def drawn(seed: int = 7, length: float = 5.0, together: int = 1) -> Schedule:
    return drawing.draw(seed, length, SHAPE, (), together)


@settings(deadline=None)
@given(seeds, minutes, some.integers(1, 3))
def test_the_same_seed_makes_the_same_schedule(seed: int, length: float, together: int) -> None:
    assert drawn(seed, length, together) == drawn(seed, length, together)


@settings(deadline=None)
@given(seeds, minutes, minutes)
def test_a_longer_schedule_begins_like_a_shorter_one(seed: int, one: float, two: float) -> None:
    short, long = drawn(seed, min(one, two)).steps, drawn(seed, max(one, two)).steps
    assert short
    assert long[: len(short)] == short


@settings(deadline=None)
@given(seeds, minutes)
def test_its_steps_fill_the_time_and_no_more_than_one_goes_beyond_it(seed: int, length: float) -> None:
    costs = [step.seconds + drawing.BESIDES for step in drawn(seed, length).steps]
    assert sum(costs) >= length * 60
    assert sum(costs[:-1]) < length * 60


@settings(deadline=None)
@given(seeds, some.integers(1, 4))
def test_the_faults_of_a_step_are_never_more_than_wanted_nor_than_a_cluster_survives(seed: int, together: int) -> None:
    for step in drawn(seed, 12.0, together).steps:
        assert 1 <= len(step.faults) <= together
        assert survivable.are([fault.order for fault in step.faults], SHAPE)


def test_different_seeds_make_different_schedules_and_overlaps_do_happen() -> None:
    assert len({drawn(seed, 3.0).text() for seed in range(20)}) == 20
    assert any(len(step.faults) == 2 for step in drawn(1, 20.0, together=2).steps)


@pytest.mark.parametrize(
    ("targets", "fine"),
    [
        (["cluster"], True),
        (["core-04", "core-05"], True),
        (["core-01", "core-05"], True),
        (["core-01", "core-02"], False),
        (["core-04", "core-04"], False),
        (["core-04", "core-05", "core-06"], False),
        (["core-04", "cluster"], False),
        (["core-04,core-05", "core-06"], False),
        (["elasticsearch_logging@3.service/java", "core-02"], True),
        (["elasticsearch_logging@3.service/java", "elasticsearch_logging@3.service"], False),
        (["core-02/etcd2.service", "core-03"], False),
    ],
)
def test_what_may_overlap_leaves_a_quorum_and_copies(targets: list[str], fine: bool) -> None:
    assert survivable.are([Order("kill-machine", target, {}) for target in targets], SHAPE) is fine


@settings(deadline=None)
@given(seeds, minutes, some.integers(1, 3))
def test_what_was_written_down_is_read_as_it_was(seed: int, length: float, together: int) -> None:
    made = drawn(seed, length, together)
    assert schedule._schedule({k: v for k, v in json.loads(made.text()).items() if k != "version"}) == made


def test_it_is_read_from_its_file_and_from_the_folder_of_its_run(tmp_path: Path) -> None:
    made = drawn()
    file = schedule.write(made, tmp_path / "run" / schedule.FILE)
    assert schedule.read(file) == schedule.read(tmp_path / "run") == made


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}', '{"version": 1, "steps": [{"number": 1}]}'])
def test_a_file_without_a_schedule_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InfraError, match=r"x\.json holds no schedule"):
        schedule.read(tmp_path / "x.json")
    with pytest.raises(InfraError, match=r"schedule\.json holds no schedule"):
        schedule.read(tmp_path)


def test_only_the_wanted_kinds_are_drawn_and_one_that_is_none_is_refused() -> None:
    made = drawing.draw(7, 10.0, SHAPE, ("kill-machine", "etcd-leader-loss"))
    assert {fault.order.kind for step in made.steps for fault in step.faults} == {"kill-machine", "etcd-leader-loss"}
    with pytest.raises(BadOrder, match="no kind of fault earthquake"):
        drawing.draw(7, 10.0, SHAPE, ("earthquake",))


def test_steps_are_chosen_by_number_and_one_that_is_none_is_refused() -> None:
    made = drawn(length=5.0)
    assert [step.number for step in made.only([2]).steps] == [2]
    with pytest.raises(InfraError, match="no step 99 in the schedule; there are 1 to"):
        made.only([1, 99])


def test_a_step_says_what_it_does_and_lasts_until_its_last_fault_is_healed() -> None:
    slow = Planned(Order("slow-link", "core-02", {"rate": "1mbit"}), 3.0, 9.5)
    step = Step(1, (slow, Planned(Order("kill-machine", "core-01"), 1.0, 4.0)))
    assert str(step).startswith("slow-link core-02 rate=1mbit after 3.0 s for 9.5 s; ")
    assert step.seconds == 12.5
