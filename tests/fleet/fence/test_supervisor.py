"""The supervisor on a machine of its own, with time that a test turns."""

import errno
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.fence.supervisor import GUARD, LOOK, SHORTEST
from tests.fleet.fence.world import TTL, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.prove(sent=100.0)
    return world


def test_units_run_on_as_long_as_the_lease_is_proven(world: World) -> None:
    world.run("a.service")
    world.at = [(100.0 + beat, lambda beat=beat: world.prove(100.0 + beat)) for beat in range(60)]
    world.until(160.0)
    assert world.calls == []
    assert world.said == ["+5.00 s until the lease may expire: units may run"]


def test_between_two_proofs_it_sleeps(world: World) -> None:
    steps = 0
    while world.time < 103.0:
        world.supervisor.step()
        steps += 1
    assert steps == 1


def test_a_polite_unit_is_stopped_in_time_and_not_killed(world: World) -> None:
    world.run("a.service")
    world.until(104.0)
    assert world.calls == [(103.0, "stop", ("a.service",))]
    assert "all 1 units are down" in world.said


def test_a_stubborn_unit_is_killed_before_the_lease_can_expire(world: World) -> None:
    world.run("a.service", "stubborn")
    world.until(105.0)
    assert world.called("kill") == [104.0]
    assert world.running == {}


def test_a_systemd_that_answers_nothing_delays_no_kill(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def unanswered(names: list[str]) -> list[str]:
        world.time += world.patience
        return names

    strike, struck = world.strike, []

    def noted(names: list[str]) -> None:
        strike(names)
        struck.extend([world.time] if names else [])

    for question in ("up", "stop"):
        monkeypatch.setattr(world, question, unanswered)
    monkeypatch.setattr(world, "strike", noted)
    world.run("a.service", "stubborn")
    world.until(105.0)
    assert struck == [pytest.approx(104.0, abs=2 * SHORTEST)]
    assert (world.running, world.marks.take()) == ({}, ["a.service"])


def test_a_container_whose_unit_is_down_is_killed_too(world: World) -> None:
    world.containers = 1
    world.until(105.0)
    assert world.called("kill containers")[:2] == [104.0, 104.0 + LOOK]
    assert (world.containers, len(world.called("kill containers"))) == (0, 2)


def test_what_somebody_starts_meanwhile_is_brought_down_again(world: World) -> None:
    world.at = [(120.2, lambda: world.run("a.service", "stubborn"))]
    world.until(121.0)
    assert world.running == {}
    assert world.called("kill") == [pytest.approx(120.2, abs=GUARD)]


def test_a_proof_that_comes_while_units_stop_lets_those_be_that_still_run(world: World) -> None:
    world.run("a.service", "stubborn")
    world.at = [(103.5, lambda: world.prove(sent=103.4))]
    world.until(106.0)
    assert world.called("kill") == []
    assert world.running == {"a.service": "stubborn"}
    assert world.marks.take() == ["a.service"]


def test_a_late_answer_proves_only_what_it_proves(world: World) -> None:
    """fleetd hung between the question and the answer: the lease counts from the question."""
    world.run("a.service")
    world.at = [(110.0, lambda: world.prove(sent=101.0))]
    world.until(111.0)
    assert world.running == {}
    world.run("a.service")
    world.until(112.0)
    assert world.running == {}


def test_a_frozen_machine_kills_at_once_when_it_thaws(world: World) -> None:
    world.run("polite.service")
    world.run("stubborn.service", "stubborn")
    world.supervisor.step()
    world.time = 500.0
    world.supervisor.step()
    assert world.running == {}
    assert world.called("kill") == [500.0]


def test_without_a_deadline_nothing_runs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.fence.supervisor.UNITS", world.units)
    world.file.remove()
    world.run("a.service")
    world.supervisor.step()
    assert world.running == {}
    assert world.said[0] == "no lease is proven: units are killed"


def test_fleetd_finds_noted_what_was_stopped(world: World) -> None:
    for name in ("a.service", "b@1.service"):
        world.run(name)
    (world.units / "idle.service").touch()
    (world.units / ".a.service.new").touch()
    (world.units / "README").touch()
    world.until(104.5)
    assert world.marks.take() == ["a.service", "b@1.service"]


def test_a_note_that_was_taken_too_early_is_there_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = world.stop

    def taken_meanwhile(names: list[str]) -> None:
        world.marks.take()
        stop(names)

    monkeypatch.setattr(world, "stop", taken_meanwhile)
    world.run("a.service")
    world.until(103.5)
    assert world.marks.take() == ["a.service"]


def test_a_directory_that_takes_no_notes_keeps_nothing_from_being_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(names: list[str]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(world.marks, "set", full)
    world.run("a.service")
    world.until(104.0)
    assert world.running == {}


@settings(max_examples=60, deadline=None)
@given(
    proofs=st.lists(st.tuples(st.floats(100, 130), st.floats(0, 8)), max_size=12),
    starts=st.lists(st.tuples(st.floats(100, 130), st.sampled_from(["polite", "stubborn"])), max_size=6),
    frozen=st.tuples(st.floats(100, 130), st.floats(0, 20)),
)
def test_whatever_happens_no_unit_runs_beyond_its_lease(
    tmp_path_factory: pytest.TempPathFactory,
    proofs: list[tuple[float, float]],
    starts: list[tuple[float, str]],
    frozen: tuple[float, float],
) -> None:
    """Answers come late or never, units start at any time: none outlives the lease, but by a look, or a freeze."""
    world = World(tmp_path_factory.mktemp("world"))
    newest = 100.0
    world.prove(newest)

    def prove(sent: float) -> None:
        nonlocal newest
        newest = max(newest, sent)  # fleetd asks for one after the other
        world.prove(newest)

    world.at = [(sent + delay, lambda sent=sent: prove(sent)) for sent, delay in proofs]  # type: ignore[misc]
    world.at += [(at, lambda at=at, kind=kind: world.run(f"u{at}.service", kind)) for at, kind in starts]  # type: ignore[misc]
    world.at += [(frozen[0], lambda: setattr(world, "time", world.time + frozen[1]))]
    watch_over(world)
    world.until(140.0)
    assert world.time < newest + TTL or world.running == {}


def watch_over(world: World) -> None:
    """See after each of the supervisor's steps that units are left only if they may run, or have time to stop."""
    wait = world.wait

    def watched(at: float) -> None:
        deadline = world.file.read()
        assert deadline is not None
        if world.time >= deadline.kill_at:
            assert world.running == {}
        wait(at)

    world.wait = watched  # type: ignore[method-assign]
