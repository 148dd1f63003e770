"""What a person is told of a campaign says how each step ended, and how to do it again."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cluster.chaos import hold, record, replay, told
from cluster.chaos.outcome import Outcome
from cluster.chaos.schedule import Planned, Schedule, Step
from cluster.errors import InfraError
from cluster.faults import Order
from cluster.settings import Settings

STEPS = tuple(Step(number, (Planned(Order("kill-machine", f"core-0{number}", {}), 5.0, 10.0),)) for number in (1, 2, 3))
SCHEDULE = Schedule(7, 10.0, (), 1, 6, STEPS)
GOOD = Outcome(STEPS[0], STEPS[0].faults, seconds=61.0)
RED = Outcome(STEPS[1], STEPS[1].faults, red=("2 documents are lost\n  doc-1, doc-2",), seconds=59.0)
SKIPPED = Outcome(STEPS[2], skipped=((STEPS[2].faults[0], "no tc"),))
MEANT = Settings(name="trial")


def test_a_red_run_ends_with_one_line_that_replays_it_up_to_its_first_red_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUSTER_NAME", "trial")
    run = tmp_path / ".cluster" / "evidence" / "run"
    line = told.replay(run, tmp_path, [GOOD, RED, SKIPPED])
    assert line.endswith("./toxw -e cluster -- replay .cluster/evidence/run --steps 1-2")
    assert "CLUSTER_NAME=trial" in line
    assert replay.numbers(line.rpartition(" ")[2]) == [1, 2]


def test_each_step_tells_its_ending_and_every_complaint() -> None:
    assert list(told.step(RED)) == ["step 2: red, 59 s", "  2 documents are lost", "    doc-1, doc-2"]
    assert list(told.step(GOOD)) == ["step 1: survived, 61 s"]
    assert list(told.step(SKIPPED)) == ["step 3: not to be had here, 0 s"]


def test_the_summary_counts_the_faults_by_their_ending_and_the_documents_by_their_fate() -> None:
    assert list(told.summary(SCHEDULE, [GOOD, RED, SKIPPED], {"acknowledged": 812, "unknown": 3})) == [
        "seed 7: 3 of 3 steps in 2.0 minutes",
        "  survived: kill-machine 1",
        "  red: kill-machine 1",
        "  not to be had here: kill-machine 1",
        "  documents: 812 acknowledged, 3 unknown",
    ]


def test_a_summary_of_nothing_says_so() -> None:
    assert "  nothing was tried: that is not green" in list(told.summary(SCHEDULE, [SKIPPED], {}))


def test_the_record_of_a_run_has_the_same(tmp_path: Path) -> None:
    kept = json.loads(record.write(tmp_path, SCHEDULE, [GOOD, RED, SKIPPED], {"acknowledged": 812}).read_text())
    assert (kept["seed"], kept["good"], kept["seconds"]) == (7, False, 120.0)
    assert kept["faults"]["red"] == {"kill-machine": 1}
    assert kept["documents"] == {"acknowledged": 812}
    assert [step["ending"] for step in kept["steps"]] == ["survived", "red", "unavailable"]
    assert kept["steps"][2]["skipped"] == [{"order": {"kind": "kill-machine", "target": "core-03"}, "why": "no tc"}]
    assert list(tmp_path.iterdir()) == [tmp_path / record.FILE]


@pytest.mark.parametrize(
    ("words", "meant"), [("3", [3]), ("1-3", [1, 2, 3]), ("1-2,5", [1, 2, 5]), (" 2 , 4-4", [2, 4])]
)
def test_steps_are_typed_as_numbers_and_ranges(words: str, meant: list[int]) -> None:
    assert replay.numbers(words) == meant


@pytest.mark.parametrize("words", ["", "a", "1-", "-2", "1,,2", "1.5"])
def test_what_names_no_steps_is_refused(words: str) -> None:
    with pytest.raises(InfraError, match="such as 1-3,5"):
        replay.numbers(words)


def test_a_replay_takes_the_wanted_steps_and_a_held_one_alone_unless_others_are_wanted() -> None:
    def chosen(steps: str, hold_at: int | None) -> list[int]:
        return [step.number for step in replay.wanted(SCHEDULE, steps, hold_at, MEANT).steps]

    assert chosen("", None) == [1, 2, 3]
    assert chosen("2-3", None) == [2, 3]
    assert chosen("", 2) == [2]
    assert chosen("1-2", 2) == [1, 2]
    with pytest.raises(InfraError, match="no step 3"):
        chosen("1-2", 3)


def test_a_schedule_for_more_machines_than_there_are_is_refused() -> None:
    with pytest.raises(InfraError, match="for 6 machines; CLUSTER_MACHINES is 5"):
        replay.wanted(SCHEDULE, "", None, Settings(name="trial", machines=5))


def test_a_held_step_names_its_faults_and_the_way_to_a_shell_and_goes_on_at_enter() -> None:
    said: list[str] = []
    hold.until_enter(STEPS[1], MEANT, said.append, io.StringIO("\n"))
    assert said[0] == "step 2 is held: kill-machine core-02"
    assert "./toxw -e cluster -- ssh core-01, and so on to core-06" in said[1]
    assert said[2] == "Enter heals and goes on; Ctrl-C heals and ends"
