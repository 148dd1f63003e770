"""`Replaces=`: who is replaced makes way, for a machine that takes it; without one the two stay together.

A unit that is replaced takes along what `MachineOf=` connects with it, and goes where nobody replaces it again. Who
replaces one another, directly or in a circle, replaces nobody; so there is always a first who need not move, and no
endless chase.
"""

from collections.abc import Iterable, Mapping, Sequence

from fleet.daemon.board import Board
from fleet.daemon.entities import Unit
from fleet.daemon.groups import groups, reachable
from fleet.model.globbing import matches


class Replacement:
    """Who makes way for whom among these units, of which `together` are the groups connected by `MachineOf=`."""

    def __init__(self, units: Mapping[str, Unit], together: Iterable[Sequence[str]]) -> None:
        pairs = [(name, other) for name, unit in units.items() for other in _replaced(unit, units)]
        group_of = {name: group[0] for group in together for name in group} if pairs else {}
        below: dict[str, set[str]] = {}
        for name, other in pairs:
            below.setdefault(group_of[name], set()).add(group_of[other])
        self._replacers: dict[str, list[str]] = {}
        for name, other in sorted(pairs):
            if group_of[name] not in reachable((group_of[other],), lambda one: below.get(one, ())):
                self._replacers.setdefault(other, []).append(name)

    def make_way(self, board: Board) -> dict[str, str]:
        """Move units on the board until nobody has to any more; the causes, by the names of the moved."""
        causes: dict[str, str] = {}
        moved = True
        while moved:
            moved = False
            for name in sorted(self._replacers):
                if newcomer := self._replacer(board, name, board.place_of.get(name)):
                    movers, machine = self._way_out(board, name)
                    if machine is not None:
                        _move(board, movers, machine)
                        causes.update(dict.fromkeys(movers, f"it is replaced by {newcomer}"))
                        moved = True
        return causes

    def _way_out(self, board: Board, name: str) -> tuple[Sequence[str], str | None]:
        """Who leaves with the unit, and the least loaded machine that takes them all and where nobody replaces them."""
        here = board.place_of[name]
        movers = next(group for group in groups(board.placed_on(here)) if name in group)
        companions = {one: board.units[one] for one in movers}
        for machine in sorted(board.machines, key=lambda one: (board.load(one), one)):
            if machine == here or any(self._replacer(board, mover, machine) for mover in movers):
                continue
            if not any(board.obstacle(unit, machine, companions) for unit in companions.values()):
                return movers, machine
        return movers, None

    def _replacer(self, board: Board, name: str, machine: str | None) -> str:
        """The unit on that machine, which is there, that replaces this one; empty without."""
        if machine not in board.machines:
            return ""
        return next((one for one in self._replacers.get(name, ()) if board.place_of.get(one) == machine), "")


def _replaced(unit: Unit, units: Mapping[str, Unit]) -> set[str]:
    """The other units that it names."""
    found: set[str] = set()
    for pattern in unit.requirements.replaces:
        if any(character in pattern for character in "*?[\\"):
            found.update(other for other in units if matches(pattern, other))
        elif pattern in units:
            found.add(pattern)
    return found - {unit.name}


def _move(board: Board, names: Sequence[str], machine: str) -> None:
    for name in names:
        board.take(name)
    for name in names:
        board.put(name, machine)
