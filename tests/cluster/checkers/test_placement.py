"""No unit on two machines, as the history tells it: what the faults explain is explained, and nothing else."""

from __future__ import annotations

import pytest

from cluster.checkers.spans import spans
from tests.cluster.checkers.story import Story

TWO = "no unit on two machines"


def moved(over: float) -> Story:
    """The unit runs on core-03 until then, and on core-04 from 20 on."""
    return (
        Story()
        .booted()
        .unit(10, "core-03", "starting")
        .unit(11, "core-03", "active")
        .unit(20, "core-04", "starting")
        .unit(over - 0.5, "core-03", "stopping")
        .unit(over, "core-03", "inactive")
    )


def test_one_machine_after_the_other_is_fine() -> None:
    assert moved(over=19).verdict(TWO).status == "passed"


def test_two_at_once_are_told() -> None:
    (told,) = moved(over=25).verdict(TWO).complaints
    assert told == "elasticsearch_logging@3.service ran on core-03 and core-04 together for 5.0 s"


@pytest.mark.parametrize(
    ("kind", "target", "options", "status"),
    [
        ("freeze-machine", "core-03", {}, "passed"),
        ("partition", "core-03", {"only": "etcd"}, "passed"),
        ("partition", "core-01,core-02", {"away_from": "all"}, "passed"),
        ("freeze-process", "core-03/fleet.service", {}, "passed"),
        ("freeze-process", "core-03/java", {}, "failed"),
        ("freeze-machine", "core-05", {}, "failed"),
        ("etcd-leader-loss", "etcd", {}, "failed"),
        ("etcd-quorum-loss", "etcd", {}, "failed"),
    ],
)
def test_a_machine_that_nobody_could_tell_is_excused(
    kind: str, target: str, options: dict[str, str], status: str
) -> None:
    story = moved(over=35).fault(kind, target, 15, 30, **options)
    assert story.verdict(TWO).status == status


@pytest.mark.parametrize(("kind", "target"), [("etcd-leader-loss", "etcd"), ("engine-leader-loss", "fleet")])
@pytest.mark.parametrize(("hit", "status"), [(("core-03",), "passed"), (("core-01",), "failed")])
def test_of_a_leader_that_is_lost_only_its_own_machine_is_excused(
    kind: str, target: str, hit: tuple[str, ...], status: str
) -> None:
    assert moved(over=35).fault(kind, target, 15, 30, hit=hit).verdict(TWO).status == status


def test_also_of_one_that_failed_to_bite_and_of_machines_that_came_to_it_later() -> None:
    leader = {"id": 90, "fault": {"kind": "etcd-leader-loss", "target": "etcd"}}
    story = moved(over=35).tell("fault", 15, **leader, phase="inject")
    story.tell("fault", 25, **leader, phase="failed", why="no other leader", machines=["core-03"])
    assert story.tell("fault", 30, **leader, phase="healed").verdict(TWO).status == "passed"

    halt = {"kind": "halt-machine", "target": "core-05"}
    story = moved(over=35).tell("fault", 15, id=91, fault=halt, phase="inject")
    story.tell("fault", 30, id=91, fault=halt | {"target": "core-05,core-03"}, phase="healed")
    assert {"core-05", "core-03"} <= set(spans(story.history)[-1].on(story.history))


def test_but_not_for_longer_than_it_takes_to_stop_them() -> None:
    assert moved(over=39).fault("freeze-machine", "core-03", 15, 30).verdict(TWO).status == "failed"


def test_on_a_host_that_was_said_to_be_slow_all_of_it_may_take_longer() -> None:
    story = moved(over=39).fault("freeze-machine", "core-03", 15, 30)
    story.lines[0]["factor"] = 2.0
    assert story.verdict(TWO).status == "passed"


def test_a_machine_without_power_runs_nothing_whoever_has_not_told_so() -> None:
    story = Story().booted().unit(10, "core-03", "active").fault("kill-machine", "core-03", 15)
    story.unit(20, "core-04", "active")
    assert story.verdict(TWO).status == "passed"
    assert Story().unit(10, "core-03", "active").unit(20, "core-04", "active").verdict(TWO).status == "failed"
    late = Story().unit(10, "core-03", "active").fault("kill-machine", "core-03", 25).unit(20, "core-04", "active")
    assert late.verdict(TWO).status == "failed"


def test_what_began_after_a_reboot_was_not_ended_by_it() -> None:
    told = {"id": 9, "fault": {"kind": "reboot-machine", "target": "core-03"}}
    story = Story().booted().unit(10, "core-03", "active").tell("fault", 15, **told, phase="inject")
    story.unit(16, "core-03", "inactive").unit(20, "core-03", "active").tell("fault", 30, **told, phase="bites")
    assert story.tell("fault", 35, **told, phase="healed").verdict(TWO).status == "passed"
    assert story.unit(40, "core-04", "active").verdict(TWO).status == "failed"


def test_units_of_nobodys_label_are_every_machines_own() -> None:
    story = Story().unit(1, "core-01", "active", "etcd2.service").unit(1, "core-02", "active", "etcd2.service")
    assert story.verdict(TWO).status == "unknown"
