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
        self._replacers = {name: unit for name, unit in units.items() if unit.requirements.replaces}
        if not self._replacers:
            return
        self._group_of = {name: group[0] for group in together for name in group}
        replaced: dict[str, set[str]] = {}
        for name, unit in self._replacers.items():
            hit = {self._group_of[other] for other in units if _names(unit, other)}
            replaced.setdefault(self._group_of[name], set()).update(hit)
        self._below = {
            group: reachable((group,), lambda one: replaced.get(one, ())) for group in set(self._group_of.values())
        }

    def make_way(self, board: Board) -> dict[str, str]:
        """Move units on the board until nobody has to any more; the causes, by the names of the moved."""
        causes: dict[str, str] = {}
        while self._replacers and (step := self._step(board)) is not None:
            movers, machine, cause = step
            for name in movers:
                board.take(name)
            for name in movers:
                board.put(name, machine)
                causes[name] = cause
        return causes

    def _step(self, board: Board) -> tuple[Sequence[str], str, str] | None:
        for machine in sorted(board.machines):
            there = board.placed_on(machine)
            if not there.keys() & self._replacers.keys():
                continue
            for movers in groups(there):
                replacer = self._replacer(movers, there)
                target = self._refuge(board, movers, machine) if replacer else None
                if target is not None:
                    return movers, target, f"it is replaced by {replacer}"
        return None

    def _refuge(self, board: Board, movers: Sequence[str], machine: str) -> str | None:
        """The least loaded other machine that takes them all, and where nobody replaces them."""
        companions = {name: board.units[name] for name in movers}
        for other in sorted(board.machines, key=lambda one: (board.load(one), one)):
            if other == machine or self._replacer(movers, board.placed_on(other)):
                continue
            if not any(board.obstacle(unit, other, companions) for unit in companions.values()):
                return other
        return None

    def _replacer(self, movers: Sequence[str], there: Mapping[str, Unit]) -> str:
        """The unit there that replaces one of these; empty without."""
        for name in sorted(there.keys() & self._replacers.keys()):
            for mover in movers:
                if _names(there[name], mover) and self._group_of[name] not in self._below[self._group_of[mover]]:
                    return name
        return ""


def _names(unit: Unit, other: str) -> bool:
    return unit.name != other and any(matches(pattern, other) for pattern in unit.requirements.replaces)
