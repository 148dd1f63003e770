"""Where units go: a pure function of the machines, the units and their places.

A unit is moved for a reason only: it is not wanted any more, its machine is gone, it must not be there any more, or
another one there replaces it. A unit that needs a place gets the machine with the fewest units, of those the smallest
id. Units that `MachineOf=` connects are placed together. Everything is looked at in a fixed order, so equal input gives
equal decisions.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from fleet.daemon.board import Board
from fleet.daemon.entities import Machine, Unit
from fleet.daemon.groups import closure, groups
from fleet.daemon.replacement import Replacement
from fleet.model.names import UnitName


@dataclass(frozen=True, slots=True)
class Decisions:
    """What shall change: places by unit name (None: nowhere), with causes, and why units have no place.

    `batches` are the names of `places` in portions that must not be torn apart, in order.
    """

    places: Mapping[str, str | None] = field(default_factory=dict)
    causes: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    batches: tuple[tuple[str, ...], ...] = ()


def schedule(
    machines: Mapping[str, Machine], units: Mapping[str, Unit], spared: Collection[str] = frozenset()
) -> Decisions:
    """The decisions for this cluster. Units on `spared` machines stay although the machine is not there (yet)."""
    board = Board(machines, units)
    causes = _evict(board, spared)
    candidates = {name: unit for name, unit in units.items() if _placeable(unit)}
    together = groups(candidates)
    replacement = Replacement(candidates, together)
    moved: Mapping[str, str] | None = None
    while moved is None or moved:  # who made way may have made room
        for group in together:
            _place(board, group, candidates)
        moved = replacement.make_way(board)
        causes.update(moved)
    changes = (tuple(one for one in group if board.place_of.get(one) != units[one].machine) for group in together)
    batches = [changed for changed in changes if changed]
    batches.extend((name,) for name, unit in sorted(units.items()) if name in causes and name not in candidates)
    reasons = {name: _reason(board, name, candidates) for name in sorted(candidates) if name not in board.place_of}
    reasons |= {name: unit.misfit for name, unit in units.items() if unit.wanted and unit.misfit}
    places = {name: board.place_of.get(name) for batch in batches for name in batch}
    return Decisions(places, causes, reasons, tuple(batches))


def _placeable(unit: Unit) -> bool:
    return unit.wanted and not unit.misfit and not unit.is_global and not UnitName(unit.name).is_template


def _evict(board: Board, spared: Collection[str]) -> dict[str, str]:
    """Take off the board whatever must not stay, one unit at a time, those that came last first.

    A unit that leaves anyway drives nobody out. Of two units in conflict the one that came later goes.
    """
    causes = {name: "it has become global" for name, unit in board.units.items() if unit.machine and unit.is_global}
    order = sorted(board.place_of, key=lambda one: (-board.units[one].placed, one))
    causes |= _sweep(board, order, lambda name: _farewell(board, name, spared))
    settled = [name for name in order if name in board.place_of and board.place_of[name] not in spared]
    causes |= _forsaken(board, settled)
    bound = [name for name in settled if board.units[name].requirements.machine_of]
    for name in settled:
        if quarrel := _sweep(board, [name], lambda one: board.quarrel(board.units[one], board.place_of[one])):
            causes |= quarrel | _forsaken(board, bound)
    return causes


def _forsaken(board: Board, names: Sequence[str]) -> dict[str, str]:
    """Take off what lacks something that it requires, and then what lacks that, to the end."""
    causes: dict[str, str] = {}
    while gone := _sweep(board, names, lambda one: board.lack(board.units[one], board.place_of[one])):
        causes |= gone
    return causes


def _sweep(board: Board, names: Sequence[str], cause_of: Callable[[str], str]) -> dict[str, str]:
    """Go through the units once, and take off each that has a cause to leave by then."""
    causes: dict[str, str] = {}
    for name in names:
        if name in board.place_of and (cause := cause_of(name)):
            board.take(name)
            causes[name] = cause
    return causes


def _farewell(board: Board, name: str, spared: Collection[str]) -> str:
    machine = board.place_of[name]
    if not _placeable(board.units[name]):
        return board.units[name].misfit or "it is not wanted any more"
    return "" if machine in board.machines or machine in spared else f"machine {machine[:8]}... is gone"


def _place(board: Board, group: tuple[str, ...], units: Mapping[str, Unit]) -> None:
    """Place what has no place in the group: all together, or else each unit with what it needs."""
    waiting = [name for name in group if name not in board.place_of]
    needs = {name: closure(name, units) for name in waiting}
    ready = [name for name in waiting if not _absent(board, needs[name], units)]
    if not ready or _put_together(board, ready):
        return
    for name in sorted(ready, key=lambda one: (len(needs[one]), one)):
        if name not in board.place_of:
            _put_together(board, [one for one in ready if one in needs[name] and one not in board.place_of])


def _absent(board: Board, needs: Collection[str], units: Mapping[str, Unit]) -> list[str]:
    """What is needed and is not to be had on any machine."""
    return sorted(peer for peer in needs if peer not in units and not _global(board, peer))


def _global(board: Board, name: str) -> bool:
    unit = board.units.get(name)
    return unit is not None and unit.is_global and unit.wanted


def _put_together(board: Board, names: list[str]) -> bool:
    """Put all of them on the first machine that takes them all."""
    companions = {name: board.units[name] for name in names}
    for machine in sorted(board.machines, key=lambda one: (board.load(one), one)):
        if not any(board.obstacle(unit, machine, companions) for unit in companions.values()):
            for name in names:
                board.put(name, machine)
            return True
    return False


def _reason(board: Board, name: str, units: Mapping[str, Unit]) -> str:
    """Why no machine takes the unit: the obstacles, each with the machines where it stands."""
    needs = closure(name, units)
    if absent := _absent(board, needs, units):
        return f"waiting for MachineOf={absent[0]}"
    if not board.machines:
        return "no eligible machine: there is none"
    companions = {
        one: board.units[one] for one in sorted(needs) if one not in board.place_of and not _global(board, one)
    }
    where: defaultdict[str, list[str]] = defaultdict(list)
    for machine in sorted(board.machines):
        where[_obstacle(board, name, machine, companions)].append(board.machines[machine].label)
    return "no eligible machine: " + "; ".join(
        f"{what} on {' '.join(sorted(labels))}" for what, labels in where.items()
    )


def _obstacle(board: Board, name: str, machine: str, companions: Mapping[str, Unit]) -> str:
    own = board.obstacle(board.units[name], machine, companions)
    if own:
        return own
    for unit in companions.values():
        if obstacle := board.obstacle(unit, machine, companions):
            return f"{unit.name}: {obstacle}"
    return "decided in the next pass"
