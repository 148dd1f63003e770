"""What happened between two states, in words and with causes; and how a state's status follows from it."""

from itertools import pairwise
from typing import Any

import pytest
from toolkit.recorder import changes
from toolkit.recorder.state import Member, State, mark_of, state_of

from tests.elasticsearch_image.stand_in import ME, World, copy, left, now

AT = now() // 1000 * 1000 + 12
TWO = {ME: "node-1", "b": "node-2"}


def state(copies: list[dict[str, Any]], nodes: dict[str, str] | None = None, **fields: Any) -> State:
    world = World("node-1", nodes=nodes or TWO, copies=copies, **fields)
    return state_of(world.answer("GET", "/_cluster/state", b"")[1])


def known(*states: State) -> dict[str, Member]:
    return {id: member for one in states for id, member in one.nodes.items()}


@pytest.mark.parametrize(
    ("copies", "fields", "status"),
    [
        ([copy("i", 0, ME, primary=True), copy("i", 0, "b")], {}, "green"),
        ([], {}, "green"),
        ([copy("i", 0, ME, primary=True), copy("i", 0, None)], {}, "yellow"),
        ([copy("i", 0, ME, primary=True), copy("i", 0, "b", state="INITIALIZING")], {}, "yellow"),
        ([copy("i", 0, ME, primary=True, state="RELOCATING"), copy("i", 0, "b")], {}, "green"),
        ([copy("i", 0, None, primary=True), copy("i", 0, None)], {}, "red"),
        ([copy("i", 0, ME, primary=True, state="INITIALIZING")], {}, "red"),
        ([], {"unrecovered": True}, "red"),
        ([copy("i", 0, ME, primary=True)], {"master": None}, "no-master"),
    ],
)
def test_the_status_is_what_elasticsearch_would_say_or_that_there_is_no_master(
    copies: list[dict[str, Any]], fields: dict[str, Any], status: str
) -> None:
    assert state(copies, **fields).status == status


def test_a_state_is_another_one_when_its_version_its_master_or_its_blocks_are() -> None:
    world = World("node-1")
    marks = [mark_of(world.answer("GET", "/_cluster/state", b"")[1])]
    for change in ({"version": 2}, {"master": None}, {"master": ME, "unrecovered": True}):
        for name, value in change.items():
            setattr(world, name, value)
        marks.append(mark_of(world.answer("GET", "/_cluster/state", b"")[1]))
    assert len(set(marks)) == 4


def test_all_observers_tell_a_copy_that_lost_its_node_under_the_same_id_whatever_states_they_saw() -> None:
    there = [copy("i", 0, ME, primary=True), copy("i", 0, "b"), copy("i", 0, "c")]
    one = [there[0], copy("i", 0, None, **left("b", AT)), there[2]]
    both = [there[0], one[1], copy("i", 0, None, **left("c", AT))]
    names = known(state(there, {**TWO, "c": "node-3"}))

    def ids(*copies: list[dict[str, Any]]) -> set[str | None]:
        states = [None, *(state(some) for some in copies)]
        pairs = pairwise(states)
        return {change.fact for old, new in pairs if new for change in changes.of_unassigned(old, new, names)}

    assert ids(there, one, both) == ids(there, both) == ids(both)
    assert len(ids(both)) == 2


def test_a_copy_that_stays_unassigned_is_told_once_and_again_for_another_reason() -> None:
    lost = [copy("i", 0, None, **left("b", AT))]
    again = [copy("i", 0, None, **left("c", AT + 5))]
    names = known(state(lost))
    assert list(changes.of_unassigned(state(lost), state(lost), names)) == []
    (change,) = changes.of_unassigned(state(lost), state(again), names)
    assert change.at == AT + 5


def test_a_copy_that_is_placed_before_anybody_looks_is_told_and_once() -> None:
    """Elasticsearch keeps the reason until the copy serves."""
    there = [copy("i", 0, ME, primary=True), copy("i", 0, "b")]
    placed = [there[0], copy("i", 0, "c", state="INITIALIZING", **left("b", AT))]
    waiting = [there[0], copy("i", 0, None, **left("b", AT))]
    names = known(state(there))
    facts = [
        [change.fact for change in changes.of_unassigned(state(there), state(x), names)] for x in (placed, waiting)
    ]
    assert facts[0] == facts[1] != []
    assert list(changes.of_unassigned(state(waiting), state(placed), names)) == []


def test_the_cause_names_the_node_that_left() -> None:
    before = state([copy("i", 0, ME, primary=True), copy("i", 0, "b")])
    after = state([copy("i", 0, ME, primary=True), copy("i", 0, None, **left("b", AT))], {ME: "node-1"})
    assert changes.cause_of(after, known(before, after)) == "1 of 2 copies are missing: node-2 left"
    assert changes.cause_of(before, known(before)) is None


def test_a_copy_that_moves_here_is_told_when_it_begins_and_when_it_serves() -> None:
    at_b = state([copy("i", 0, "b", primary=True)])
    moving = state([copy("i", 0, "b", primary=True, state="RELOCATING", relocating_node=ME)])
    here = state([copy("i", 0, ME, primary=True)])
    (began,) = changes.of_own_copies(at_b, moving, ME)
    assert (began.type, began.fields["from_node"]) == ("copy_initializing", "node-2")
    assert changes.started_on(at_b, moving, ME) == []
    assert [one.subject for one in changes.started_on(moving, here, ME)] == ["i[0]"]
    assert list(changes.of_own_copies(moving, here, ME)) == []


def test_only_the_copies_of_the_own_node_are_told() -> None:
    before = state([copy("i", 0, "b", primary=True), copy("i", 0, "c")])
    after = state([copy("i", 0, "c", primary=True)])
    assert list(changes.of_own_copies(before, after, ME)) == []
    assert changes.started_on(before, after, ME) == []


def test_who_left_and_who_joined() -> None:
    before, after = state([], {ME: "node-1", "b": "node-2"}), state([], {ME: "node-1", "c": "node-3"})
    assert [(change.type, change.subject) for change in changes.of_nodes(before, after)] == [
        ("node_left", "node-2"),
        ("node_joined", "node-3"),
    ]
