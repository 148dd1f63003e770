"""When a lease may expire, and what that means for the units: arithmetic, and the file it is kept in."""

import itertools
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.fence.deadline import SMALLEST_TTL, Deadline, DeadlineFile, Marks, Phase, boottime


def test_three_fifths_to_run_one_to_stop_one_to_kill() -> None:
    deadline = Deadline(expires=105.0, ttl=5.0, units="/run/fleet/units")
    assert (deadline.stop_at, deadline.kill_at) == (103.0, 104.0)
    assert [deadline.phase(at) for at in (100.0, 102.99, 103.0, 103.99, 104.0, 105.0, 1e9)] == [
        Phase.RUN,
        Phase.RUN,
        Phase.STOP,
        Phase.STOP,
        Phase.KILL,
        Phase.KILL,
        Phase.KILL,
    ]
    assert [deadline.turn(at) for at in (100.0, 103.5, 104.0)] == [103.0, 104.0, None]


@given(sent=st.floats(0, 1e8), ttl=st.integers(5, 3600), times=st.lists(st.floats(0, 2e8), min_size=2))
def test_nothing_but_a_newer_proof_lets_units_run_again(sent: float, ttl: int, times: list[float]) -> None:
    deadline = Deadline(sent + ttl, ttl, "")
    phases = [deadline.phase(at) for at in sorted(times)]
    assert all(before <= after for before, after in itertools.pairwise(phases))


@given(sent=st.floats(0, 1e8), ttl=st.integers(5, 3600))
def test_units_are_stopped_and_killed_before_the_lease_can_expire(sent: float, ttl: int) -> None:
    deadline = Deadline(sent + ttl, ttl, "")
    assert sent < deadline.stop_at < deadline.kill_at < deadline.expires
    assert deadline.expires - deadline.kill_at >= SMALLEST_TTL / 5 - 1e-6


def test_the_clock_is_one_that_nobody_can_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_wall_clock(*_: object) -> float:
        raise AssertionError("the time of day is nobody's business here")

    for name in ("time", "time_ns", "localtime", "gmtime"):
        monkeypatch.setattr(time, name, no_wall_clock)
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= boottime() <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_a_deadline_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = DeadlineFile(tmp_path)
    assert file.read() is None
    file.write(Deadline(12345.678901, 30.0, "/run/fleet/units"))
    assert DeadlineFile(tmp_path).read() == Deadline(12345.678901, 30.0, "/run/fleet/units")
    file.remove()
    file.remove()
    assert file.read() is None


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "7", '{"expires": 1}', '{"expires":"x","ttl":5,"units":""}'])
def test_what_cannot_be_read_proves_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "deadline").write_text(text)
    assert DeadlineFile(tmp_path).read() is None


def test_marks_are_taken_once(tmp_path: Path) -> None:
    marks = Marks(tmp_path)
    assert (marks.any(), marks.take()) == (False, [])
    marks.set(["b.service", "a@1.service"])
    marks.set(["b.service"])
    assert marks.any()
    assert Marks(tmp_path).take() == ["a@1.service", "b.service"]
    assert (marks.any(), marks.take()) == (False, [])
