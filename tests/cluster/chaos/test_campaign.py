"""A campaign breaks a cluster step by step and heals it whatever happens; what was not tried is not survived."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import elasticsearch
import pytest

from cluster import history
from cluster.chaos.campaign import Campaign, Judgement
from cluster.chaos.outcome import Ending, Outcome, Tally, is_good
from cluster.chaos.schedule import Planned, Schedule, Step
from cluster.errors import CommandFailed, InfraError
from cluster.faults import Order
from cluster.say import silent
from tests.cluster.chaos.dummyground import DummyFault, DummyGround


def planned(target: str, after: float = 5.0, hold: float = 10.0, kind: str = "kill-machine") -> Planned:
    return Planned(Order(kind, target, {}), after, hold)


def steps(*faults: Planned) -> tuple[Step, ...]:
    return tuple(Step(number, (fault,)) for number, fault in enumerate(faults, 1))


def run(
    ground: DummyGround,
    schedule: tuple[Step, ...],
    *,
    keep_going: bool = False,
    limit: float = float("inf"),
    hold_at: int | None = None,
    pause: Callable[[Step], None] = lambda _: None,
) -> list[Outcome]:
    campaign = Campaign(ground, silent, keep_going, limit, hold_at, pause, clock=lambda: ground.time)
    return list(campaign.outcomes(Schedule(1, 5.0, ("kill-machine",), 1, 6, schedule)))


def test_a_step_is_healthy_then_under_load_broken_healed_healthy_read_and_judged() -> None:
    ground = DummyGround()
    (outcome,) = run(ground, steps(planned("core-03")))
    assert outcome.ending is Ending.SURVIVED
    assert ground.did == [
        "0 gate before step 1",
        "0 load",
        "5 inject core-03",
        "15 heal core-03",
        "15 gate after step 1",
        "15 no load",
        "15 read back",
        "15 judge 1",
    ]


def test_faults_that_overlap_begin_and_end_each_at_its_own_time() -> None:
    ground = DummyGround()
    run(ground, (Step(1, (planned("a", 8, 4), planned("b", 5, 5), planned("c", 10, 9))),))
    assert [line for line in ground.did if "inject" in line or "heal" in line] == [
        "5 inject b",
        "8 inject a",
        "10 inject c",
        "10 heal b",
        "12 heal a",
        "19 heal c",
    ]


WRONG = {
    "the cluster was not healthy before": ("gate before step 1", InfraError("yellow")),
    "the load did not begin": ("load", AssertionError("yellow")),
    "the fault did not bite": ("inject b", AssertionError("yellow")),
    "it did not heal": ("heal b", CommandFailed("yellow")),
    "the cluster did not become healthy": ("gate after step 1", AssertionError("yellow")),
    "the documents cannot be read": ("read back", InfraError("yellow")),
    "the load's index cannot be made": ("load", elasticsearch.ElasticsearchException("yellow")),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_whatever_goes_wrong_makes_the_step_red_heals_every_fault_and_ends_the_campaign(wrong: str) -> None:
    what, error = WRONG[wrong]
    ground = DummyGround(bad={what: error})
    overlapping = Step(1, (planned("a", 1, 20), planned("b", 2, 2)))
    (outcome,) = run(ground, (overlapping, *steps(planned("never"), planned("never"))[1:]))
    assert outcome.ending is Ending.RED
    assert len(outcome.red) == 1
    assert outcome.red[0].endswith("yellow")
    assert ground.in_force == set()
    assert ("inject a" in " ".join(ground.did)) == ("heal a" in " ".join(ground.did))
    assert ("inject b" in " ".join(ground.did)) == ("heal b" in " ".join(ground.did))
    assert ground.did[-1].endswith("judge 1"), "also what went wrong is judged"


def test_a_mistake_of_ours_is_no_verdict_and_still_heals() -> None:
    ground = DummyGround(bad={"gate after step 1": TypeError("ours")})
    with pytest.raises(TypeError):
        run(ground, steps(planned("core-03")))
    assert ground.in_force == set()
    assert "15 heal core-03" in ground.did


@pytest.mark.parametrize("where", ["gate after step 1", "judge 1"])
def test_a_mistake_of_ours_leaves_its_step_red_before_it_ends_the_campaign(where: str) -> None:
    ground, outcomes = DummyGround(bad={where: TypeError("ours")}), list[Outcome]()
    schedule = Schedule(1, 5.0, (), 1, 6, steps(planned("a"), planned("b")))
    campaign = Campaign(ground, silent, keep_going=True, clock=lambda: ground.time)
    with pytest.raises(TypeError, match="ours"):
        outcomes.extend(campaign.outcomes(schedule))
    assert [(one.step.number, one.ending) for one in outcomes] == [(1, Ending.RED)]
    assert [fault.order.target for fault in outcomes[0].tried] == ["a"]
    assert outcomes[0].red[0].endswith("TypeError: ours")


def test_ctrl_c_heals() -> None:
    def interrupted(_: Step) -> None:
        raise KeyboardInterrupt

    ground = DummyGround()
    with pytest.raises(KeyboardInterrupt):
        run(ground, steps(planned("core-03")), hold_at=1, pause=interrupted)
    assert "5 heal core-03" in ground.did


def test_a_verdict_makes_a_step_red_though_all_went_well_and_a_documented_limit_does_not() -> None:
    ground = DummyGround(judgements={1: Judgement(known=("known: 7 lost",)), 2: Judgement(red=("doc-1 is lost",))})
    first, second = run(ground, steps(planned("a"), planned("b"), planned("c")))
    assert (first.ending, first.known) == (Ending.SURVIVED, ("known: 7 lost",))
    assert (second.ending, second.red) == (Ending.RED, ("doc-1 is lost",))


def test_what_cannot_be_judged_is_red() -> None:
    (outcome,) = run(DummyGround(bad={"judge 1": InfraError("no history")}), steps(planned("a")))
    assert outcome.red == ("not judged: no history",)


def test_with_keep_going_the_cluster_is_renewed_after_a_red_step_and_the_next_one_runs() -> None:
    ground = DummyGround(judgements={1: Judgement(red=("lost",))})
    outcomes = run(ground, steps(planned("a"), planned("b")), keep_going=True)
    assert [outcome.ending for outcome in outcomes] == [Ending.RED, Ending.SURVIVED]
    assert [line.partition(" ")[2] for line in ground.did].count("renew") == 1
    assert not is_good(outcomes)


def test_an_unavailable_fault_is_told_in_its_probes_words_and_never_counted_as_survived() -> None:
    said: list[str] = []
    ground = DummyGround(missing={"packet-loss": "tc: netem is not known"})
    both = Step(1, (planned("a", kind="packet-loss"), planned("b")))
    alone = Step(2, (planned("c", kind="packet-loss"),))
    outcomes = list(Campaign(ground, said.append).outcomes(Schedule(1, 5.0, (), 1, 6, (both, alone))))
    assert [outcome.ending for outcome in outcomes] == [Ending.SURVIVED, Ending.UNAVAILABLE]
    assert "not tried: packet-loss a: tc: netem is not known" in said
    assert "inject a" not in " ".join(ground.did)
    assert Tally.counted(outcomes).plain() == {
        "survived": {"kill-machine": 1},
        "red": {},
        "unavailable": {"packet-loss": 2},
    }


def test_two_faults_that_turn_out_to_hit_the_same_are_not_tried_together() -> None:
    step = Step(1, (planned("core-03", kind="kill-machine"), planned("core-03", kind="freeze-process")))
    (outcome,) = run(DummyGround(), (step,))
    assert [fault.order.kind for fault in outcome.tried] == ["kill-machine"]
    assert "would hit what another fault of the step does" in outcome.skipped[0][1]


def test_a_fault_that_cannot_be_had_any_more_when_its_time_comes_was_not_tried() -> None:
    ground = DummyGround()

    class Gone(DummyFault):
        def unavailable(self) -> str | None:
            return "java does not run" if ground.in_force else None

    ground.fault = lambda order: Gone(order, ground)  # type: ignore[method-assign]
    (outcome,) = run(ground, (Step(1, (planned("a", 1, 20), planned("b", 5, 5))),))
    assert [fault.order.target for fault in outcome.tried] == ["a"]
    assert [(fault.order.target, why.partition(": ")[2]) for fault, why in outcome.skipped] == [
        ("b", "java does not run")
    ]
    assert outcome.ending is Ending.SURVIVED
    assert not [line for line in ground.did if line.endswith(" b")]


def test_the_history_has_each_fault_that_was_not_tried_once_with_its_reason(tmp_path: Path) -> None:
    ground = DummyGround(missing={"late-link": "no netem"})

    class Gone(DummyFault):
        def unavailable(self) -> str | None:
            return "java is gone" if ground.in_force and self.order.target == "b" else super().unavailable()

    ground.fault = lambda order: Gone(order, ground)  # type: ignore[method-assign]
    both = (planned("a", 1, 20), planned("b", 5, 5), planned("c", kind="late-link"), planned("a", kind="slow-link"))
    with history.opened(tmp_path / "h.jsonl", {}):
        run(ground, (Step(1, both),))
    told = history.read(tmp_path / "h.jsonl").of(history.Fault)
    assert [(one.fault["target"], one.why) for one in told if one.phase == "unavailable"] == [
        ("c", "no netem"),
        ("a", "slow-link a would hit what another fault of the step does"),
        ("b", "java is gone"),
    ]
    assert len({one.id for one in told}) == 4


def test_a_campaign_that_tried_nothing_is_not_green() -> None:
    outcomes = run(DummyGround(missing={"kill-machine": "no docker"}), steps(planned("a")))
    assert not is_good(outcomes)
    assert not is_good([])
    assert is_good(run(DummyGround(), steps(planned("a"))))


def test_no_step_begins_after_the_time_is_over() -> None:
    ground = DummyGround()
    outcomes = run(ground, steps(planned("a"), planned("b"), planned("c")), limit=20)
    assert [outcome.step.number for outcome in outcomes] == [1, 2]


def test_at_a_held_step_all_its_faults_stay_in_force_until_the_person_goes_on() -> None:
    ground, seen = DummyGround(), []
    step = Step(2, (planned("a", 1, 2), planned("b", 9, 2)))
    outcomes = run(ground, (*steps(planned("c")), step), hold_at=2, pause=lambda _: seen.append(set(ground.in_force)))
    assert seen == [{"a", "b"}]
    assert ground.in_force == set()
    assert [outcome.ending for outcome in outcomes] == [Ending.SURVIVED] * 2
