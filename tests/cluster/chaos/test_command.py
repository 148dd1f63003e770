"""`cluster chaos` and `cluster replay`: what they run, what they keep, and how they end."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cluster import cli, ending
from cluster.chaos import performance, schedule
from cluster.chaos.campaign import Judgement
from cluster.chaos.performance import Wishes
from cluster.chaos.schedule import Schedule
from cluster.say import Say
from cluster.settings import Settings
from tests.cluster.chaos.dummyground import DummyGround, DummyLoad


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DummyGround:
    """The cluster that every command gets, in memory."""
    made = DummyGround(run=tmp_path / "run")

    @contextmanager
    def standing(meant: Settings, say: Say, wishes: Wishes, planned: Schedule) -> Iterator[DummyGround]:
        schedule.write(planned, made.run / schedule.FILE)
        yield made

    monkeypatch.setattr(performance, "standing", standing)
    return made


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, [*words], catch_exceptions=False)
    return result.exit_code, result.output


def test_the_same_seed_shows_the_same_plan_and_runs_nothing(ground: DummyGround) -> None:
    first, second = run("chaos", "--seed=7", "--minutes=5", "--plan"), run("chaos", "--seed=7", "--minutes=5", "--plan")
    assert first == second
    assert first[0] == 0
    assert first[1].startswith("seed 7: ")
    assert ground.did == []


def test_a_campaign_that_was_survived_exits_0_and_keeps_its_schedule_and_its_record(ground: DummyGround) -> None:
    status, said = run("chaos", "--seed=7", "--minutes=2")
    assert status == 0, said
    assert schedule.read(ground.run).seed == 7
    assert json.loads((ground.run / "campaign.json").read_text())["good"] is True
    assert "documents: 42 acknowledged" in said
    assert "again:" not in said


def test_a_red_one_exits_1_keeps_evidence_and_ends_with_the_line_that_replays_it(ground: DummyGround) -> None:
    ground.judgements[1] = Judgement(red=("a document is lost",))
    status, said = run("chaos", "--seed=7", "--minutes=5")
    assert status == 1
    assert said.splitlines()[-1].startswith("again: ")
    assert said.endswith(f"./toxw -e cluster -- replay {ground.run} --steps 1-1\n")
    assert ground.did[-2].endswith("keep 1")
    assert "a document is lost" in said


def test_a_mistake_of_ours_ends_it_with_its_step_in_the_record_and_the_line_that_replays_it(
    ground: DummyGround,
) -> None:
    ground.bad["gate after step 1"] = TypeError("ours")
    result = CliRunner().invoke(cli.app, ["chaos", "--seed=7", "--minutes=5"])
    assert isinstance(result.exception, TypeError)
    assert result.output.endswith(f"./toxw -e cluster -- replay {ground.run} --steps 1-1\n")
    kept = json.loads((ground.run / "campaign.json").read_text())
    assert [(step["number"], step["ending"]) for step in kept["steps"]] == [(1, "red")]
    assert "TypeError: ours" in kept["steps"][0]["red"][0]
    assert ground.did[-2].endswith("keep 1")


def test_a_last_verdict_that_fails_makes_a_survived_campaign_red(ground: DummyGround) -> None:
    ground.last = Judgement(red=("a document is lost",), known=("7 lost (es-10407)",))
    status, said = run("chaos", "--seed=7", "--minutes=2")
    assert status == 1
    assert ground.did[-1].endswith("keep a document is lost"), "the cluster goes next"
    assert "at the end:\n  a document is lost\n  7 lost (es-10407)\n" in said
    assert said.endswith(f"./toxw -e cluster -- replay {ground.run}\n")
    kept = json.loads((ground.run / "campaign.json").read_text())
    assert kept["good"] is False
    assert kept["end"] == {"red": ["a document is lost"], "known": ["7 lost (es-10407)"]}


@pytest.mark.usefixtures("no_nohup")
@pytest.mark.parametrize("number", ending.OVER)
def test_the_end_of_the_session_or_of_the_terminal_heals_and_is_told_in_the_status(
    ground: DummyGround, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def go_on(_load: DummyLoad, _until: float) -> None:
        if ground.in_force:
            os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    monkeypatch.setattr(DummyLoad, "go_on", go_on)
    status, _ = run("chaos", "--seed=7", "--minutes=2")
    assert status == 128 + number
    assert ground.in_force == set()
    assert [line for line in ground.did if " heal " in line]
    assert signal.getsignal(number) == before


def test_who_said_that_the_terminal_may_go_is_not_ended_by_it(
    ground: DummyGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `nohup` does."""
    monkeypatch.setattr(DummyLoad, "go_on", lambda _load, _until: os.kill(os.getpid(), signal.SIGHUP))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run("chaos", "--seed=7", "--minutes=2")[0] == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_that_line_runs_the_same_steps_again_and_says_what_is_not_the_same(ground: DummyGround) -> None:
    run("chaos", "--seed=7", "--minutes=5", "--together=2")
    before = schedule.read(ground.run)
    injected = [line for line in ground.did if "inject" in line]
    ground.did.clear()
    ground.time = 0.0
    status, said = run("replay", str(ground.run))
    assert status == 0
    assert schedule.read(ground.run).steps == before.steps
    assert [line for line in ground.did if "inject" in line] == injected
    assert "the steps are the same; the timing of what they meet is not" in said


def test_a_held_step_is_run_alone(ground: DummyGround, monkeypatch: pytest.MonkeyPatch) -> None:
    run("chaos", "--seed=7", "--minutes=5")
    ground.did.clear()
    result = CliRunner().invoke(cli.app, ["replay", str(ground.run), "--hold-at=2"], input="\n", catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "step 2 is held: " in result.output
    assert "gate before step 2" in ground.did[0]
    assert not [line for line in ground.did if "step 1" in line]


@pytest.mark.parametrize("words", [("chaos", "--seed=-1"), ("chaos", "--together=0"), ("chaos", "--minutes=0")])
def test_what_cannot_be_meant_is_refused(ground: DummyGround, words: tuple[str, ...]) -> None:
    assert run(*words)[0] == 2
    assert ground.did == []
