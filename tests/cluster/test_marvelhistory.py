"""Marvel's history against what the suite has seen: what must be told, by when, and that nothing else will do."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from cluster.errors import Impossible
from cluster.es import Es, Node
from cluster.marvelhistory import Halt, Loss, Told, holes, tells
from cluster.settings import load

NODE = Node("old-id", "n-3", "10.0.0.3", {}, 0.0)
LOST = Loss(since=99.0, at=100.0, node=NODE, address="10.0.0.3", was_master=True, to="10.0.0.6", mended=130.0)
GOOD = [
    Told(100.4, "node_left", "n-3", "n-1", {"node_id": "old-id"}),
    Told(100.4, "master_lost", "n-3", "n-1", {"node_id": "old-id"}),
    Told(100.5, "copy_unassigned", "logs[0]", "n-1", {"reason": "NODE_LEFT", "details": "node_left[old-id]"}),
    Told(100.9, "status", "x", "n-1", {"status": "yellow"}),
    Told(103.0, "master_elected", "n-1", "n-1", {}),
    Told(110.0, "host_gone", "n-3", "n-1", {"ip": "10.0.0.3"}),
    Told(113.0, "lease_taken", "n-3", "n-1", {"ip": "10.0.0.6"}),
    Told(118.0, "instance_moved", "n-3", "n-2", {"from_ip": "10.0.0.3", "ip": "10.0.0.6"}),
    Told(119.0, "node_joined", "n-3", "n-1", {"ip": "10.0.0.6"}),
    Told(120.0, "lease_free", "n-3", "n-1", {"ip": "10.0.0.6"}),
    Told(121.0, "copy_started", "logs[0]", "n-3", {"source": "REPLICA"}),
    Told(122.0, "status", "x", "n-1", {"status": "green"}),
]


def test_a_loss_that_is_told_as_it_was_has_no_complaint() -> None:
    assert list(LOST.complaints(GOOD)) == []


@pytest.mark.parametrize("missing", range(len(GOOD)))
def test_whatever_is_not_told_is_missed(missing: int) -> None:
    (complaint,) = LOST.complaints(GOOD[:missing] + GOOD[missing + 1 :])
    assert complaint.startswith("not told: ")


@pytest.mark.parametrize("late", range(len(GOOD)))
def test_whatever_is_told_of_another_time_is_a_complaint(late: int) -> None:
    events = [replace(event, at=event.at + (200 if n == late else 0)) for n, event in enumerate(GOOD)]
    assert list(LOST.complaints(events))


@pytest.mark.parametrize("early", range(len(GOOD)))
def test_what_happened_before_the_loss_is_not_taken_for_it(early: int) -> None:
    events = [replace(event, at=event.at - (90 if n == early else 0)) for n, event in enumerate(GOOD)]
    assert list(LOST.complaints(events))


def test_that_a_node_which_was_cut_off_had_lost_its_master_before_is_no_part_of_the_loss() -> None:
    early = [replace(event, at=40.0, observer="n-4") for event in GOOD if event.type in ("master_lost", "node_left")]
    assert list(LOST.complaints(early + GOOD)) == []


def test_a_node_that_joins_elsewhere_before_it_has_left_is_a_complaint() -> None:
    joined = [event for event in GOOD if event.type == "node_joined"]
    events = [event for event in GOOD if event.type != "node_joined"]
    early = [replace(joined[0], at=99.0)]
    assert "the node joins elsewhere before it has left" in list(LOST.complaints(early + events))


def test_another_node_or_another_machine_is_not_taken_for_the_lost_one() -> None:
    assert list(replace(LOST, node=replace(NODE, id="another")).complaints(GOOD))
    assert list(replace(LOST, address="10.0.0.9").complaints(GOOD))
    assert list(replace(LOST, to="10.0.0.9").complaints(GOOD))


HALT = Halt(began=10.0, off=40.0, green=100.0, nodes=["n-1", "n-2"], last=["n-1"])
HALTED = [
    Told(20.0, "master_lost", "n-2", "n-1"),
    Told(20.0, "status", "x", "n-1", {"status": "no-master"}),
    Told(60.0, "recorder_started", "n-1", "n-1"),
    Told(61.0, "process_started", "n-1", "n-1"),
    Told(62.0, "recorder_started", "n-2", "n-2"),
    Told(63.0, "process_started", "n-2", "n-2"),
    Told(70.0, "master_elected", "n-1", "n-1"),
    Told(80.0, "status", "x", "n-2", {"status": "green"}),
]


def test_a_halt_that_is_told_has_no_complaint() -> None:
    assert list(HALT.complaints(HALTED)) == []


@pytest.mark.parametrize("missing", range(len(HALTED)))
def test_of_a_halt_each_part_has_to_be_told(missing: int) -> None:
    assert len(list(HALT.complaints(HALTED[:missing] + HALTED[missing + 1 :]))) == 1


def test_that_there_is_no_master_has_to_be_told_by_who_was_left() -> None:
    assert list(HALT.complaints([replace(event, observer="n-2") for event in HALTED[:2]] + HALTED[2:]))


def test_a_recorder_that_tells_nothing_for_long_has_a_hole() -> None:
    history = [Told(float(at), "sample", "", "n-1") for at in range(0, 100, 10)]
    assert list(holes(history, ["n-1"], 0.0, 100.0)) == []
    assert list(holes(history[:4] + history[7:], ["n-1"], 0.0, 100.0)) == ["n-1 tells nothing from 30.0 to 70.0 s"]
    assert list(holes(history, ["n-2"], 0.0, 100.0)) == ["n-2 tells nothing from 0.0 to 100.0 s"]
    assert list(holes(history, [], 0.0, 100.0)) == ["no observer was looked at"]


class Asked(Es):
    """An Elasticsearch that may not be asked."""

    def __init__(self) -> None:
        """Know no machine."""

    def any(self) -> NoReturn:
        raise Impossible("the history is looked at")


@pytest.mark.parametrize("zip_", [Path("marvel.zip"), None])
def test_with_another_marvel_no_history_is_looked_for_and_that_is_said(zip_: Path | None) -> None:
    settings, said = replace(load(environment={}), marvel_zip=zip_), list[str]()
    with nullcontext() if zip_ else pytest.raises(Impossible):
        tells(Asked(), 0.0, HALT.complaints, settings, said.append)
    assert [line.partition(":")[0] for line in said] == (["MARVEL_ZIP"] if zip_ else [])
