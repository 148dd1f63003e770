"""What holds of every schedule, whatever the cluster looks like."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.daemon.board import Board, clash
from fleet.daemon.entities import Machine, Unit
from fleet.daemon.scheduler import Decisions, schedule
from fleet.model.globbing import matches
from fleet.model.states import INACTIVE, LAUNCHED, LOADED
from tests.fleet.daemon.units import by_name, unit

NAMES = [f"{prefix}@{number}.service" for prefix in "abc" for number in (1, 2, 3)]
REGIONS = st.sampled_from(["a", "b"])
Machines = dict[str, Machine]
Units = dict[str, Unit]


def law(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A test of generated clusters, without a deadline: the host may be busy."""
    return lambda test: settings(deadline=None)(given(*strategies)(test))


@st.composite
def options(draw: st.DrawFn) -> list[str]:
    """X-Fleet options that fleet accepts, most units having few."""
    if draw(st.integers(0, 9)) == 0:
        return ["Global=true", *draw(st.sampled_from([[], ["MachineMetadata=region=a"]]))]
    chosen: list[str] = []
    if draw(st.booleans()):
        chosen.append(
            draw(st.sampled_from(["Conflicts=%p@*.service", "Conflicts=a@*.service", "Conflicts=b@1.service"]))
        )
    elif draw(st.integers(0, 3)) == 0:
        replaced = st.sampled_from(["a@*.service", "%p@1.service", "b@%i.service", "c@[12].service"])
        chosen += [f"Replaces={pattern}" for pattern in draw(st.lists(replaced, min_size=1, max_size=2))]
        chosen += draw(st.sampled_from([[], ["MachineOf=c@%i.service"]]))
    elif draw(st.booleans()):
        chosen += [
            f"MachineOf={peer}" for peer in draw(st.lists(st.sampled_from(["a@%i.service", "b@1.service"]), max_size=2))
        ]
    if draw(st.integers(0, 3)) == 0:
        chosen.append(f"MachineMetadata=region={draw(REGIONS)}")
    return chosen


@st.composite
def clusters(draw: st.DrawFn) -> tuple[Machines, Units]:
    ids = [f"m{number}" for number in range(1, 6)]
    alive = draw(st.lists(st.sampled_from(ids), unique=True))
    there = {one: Machine(one, metadata={"region": draw(REGIONS)}) for one in alive}
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    states = st.sampled_from([INACTIVE, LOADED, LAUNCHED, LAUNCHED])
    units = [
        unit(
            name,
            *draw(options()),
            desired=draw(states),
            machine=draw(st.sampled_from([None, *ids])),
            placed=draw(st.integers(1, 3)),
        )
        for name in names
    ]
    return there, by_name(units)


def after(units: Units, decisions: Decisions) -> Units:
    """The units once the decisions are written down; later placements have later revisions."""
    return {
        name: replace(one, machine=decisions.places[name], placed=10) if name in decisions.places else one
        for name, one in units.items()
    }


@law(clusters())
def test_equal_input_gives_equal_decisions_in_whatever_order_it_comes(cluster: tuple[Machines, Units]) -> None:
    there, units = cluster
    backwards = schedule(dict(reversed(there.items())), dict(reversed(units.items())))
    assert schedule(there, units) == backwards


@law(clusters())
def test_every_placed_unit_is_wanted_and_may_be_where_it_is(cluster: tuple[Machines, Units]) -> None:
    there, units = cluster
    placed = after(units, schedule(there, units))
    for one in placed.values():
        if one.machine is None:
            continue
        machine = there[one.machine]
        assert one.wanted
        assert not one.is_global
        assert one.requirements.admits(machine.id, machine.metadata)


@law(clusters())
def test_no_two_units_on_a_machine_conflict(cluster: tuple[Machines, Units]) -> None:
    there, units = cluster
    placed = after(units, schedule(there, units))
    board = Board(there, placed)
    for machine in there:
        present = [*board.placed_on(machine).values(), *board.globals_on(machine).values()]
        for one in present:
            assert not [other.name for other in present if other.name != one.name and clash(one, other)]


@law(clusters())
def test_a_unit_is_never_without_the_units_that_it_needs(cluster: tuple[Machines, Units]) -> None:
    there, units = cluster
    placed = after(units, schedule(there, units))
    board = Board(there, placed)
    for one in placed.values():
        for peer in one.requirements.machine_of if one.machine else ():
            assert peer in board.placed_on(one.machine or "") or peer in board.globals_on(one.machine or "")


@law(clusters())
def test_a_unit_moves_for_a_cause_only(cluster: tuple[Machines, Units]) -> None:
    there, units = cluster
    decisions = schedule(there, units)
    for name in decisions.places:
        assert units[name].machine is None or name in decisions.causes


@law(clusters())
def test_what_is_decided_once_stands(cluster: tuple[Machines, Units]) -> None:
    """No rebalancing, no endless moves: on the result there is nothing left to decide."""
    there, units = cluster
    first = schedule(there, units)
    second = schedule(there, after(units, first))
    assert second.places == {}
    assert second.reasons == first.reasons


@law(clusters())
def test_no_unit_waits_while_a_machine_would_take_it(cluster: tuple[Machines, Units]) -> None:
    there, units = cluster
    decisions = schedule(there, units)
    placed = after(units, decisions)
    board = Board(there, placed)
    for one in placed.values():
        if one.wanted and not one.is_global and one.machine is None:
            assert decisions.reasons[one.name]
            assert all(board.obstacle(one, machine, {}) for machine in there)


@law(clusters())
def test_who_is_replaced_stays_only_where_no_other_machine_would_take_it(cluster: tuple[Machines, Units]) -> None:
    there, units = cluster
    placed = after(units, schedule(there, units))
    board = Board(there, placed)
    free = [one for one in placed.values() if one.machine and not one.requirements.machine_of]
    alone = [one for one in free if not any(one.name in other.requirements.machine_of for other in placed.values())]
    for one in alone:
        if one.requirements.replaces or not replacers(one, board.placed_on(one.machine or "")):
            continue
        for machine in there:
            assert replacers(one, board.placed_on(machine)) or board.obstacle(one, machine, {})


def replacers(one: Unit, there: Mapping[str, Unit]) -> list[str]:
    return [
        other.name
        for other in there.values()
        if other.name != one.name and any(matches(pattern, one.name) for pattern in other.requirements.replaces)
    ]


@law(clusters())
def test_batches_hold_each_decision_once(cluster: tuple[Machines, Units]) -> None:
    there, units = cluster
    decisions = schedule(there, units)
    names = [name for batch in decisions.batches for name in batch]
    assert sorted(names) == sorted(decisions.places)


@law(st.integers(1, 5), st.integers(0, 20))
def test_free_units_are_spread_evenly(machine_count: int, unit_count: int) -> None:
    there = {f"m{number}": Machine(f"m{number}") for number in range(machine_count)}
    units = by_name(unit(f"u{number:02}.service") for number in range(unit_count))
    board = Board(there, after(units, schedule(there, units)))
    loads = [board.load(machine) for machine in there]
    assert max(loads) - min(loads) <= 1
    assert sum(loads) == unit_count
