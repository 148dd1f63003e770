"""Which units are on which machine, and whether one more fits: the rules of X-Fleet, machine by machine."""

from collections.abc import Iterable, Mapping

from fleet.daemon.entities import Machine, Unit
from fleet.model.globbing import matches
from fleet.model.names import UnitName


class Board:
    """The cluster as the scheduler plays it: machines that live, and placed units that may be taken off and put on.

    A placed unit outranks a global one that conflicts with it, and of two conflicting global units the first by name
    runs; engine and agents follow this same rule. Only wanted units count, global or not.
    """

    def __init__(self, machines: Mapping[str, Machine], units: Mapping[str, Unit]) -> None:
        self.machines = machines
        self.units = units
        self.place_of: dict[str, str] = {}
        self._on: dict[str, dict[str, Unit]] = {}
        self._particular: dict[str, dict[str, Unit]] = {}
        self._globals: dict[str, dict[str, Unit]] = {}
        self._all_globals = [unit for _, unit in sorted(units.items()) if unit.is_global and _runnable(unit)]
        for name, unit in sorted(units.items()):
            if unit.machine is not None and not unit.is_global:
                self.put(name, unit.machine)

    def put(self, name: str, machine: str) -> None:
        """Place a unit."""
        self.place_of[name] = machine
        unit = self.units[name]
        self._on.setdefault(machine, {})[name] = unit
        if unit.requirements.conflicts:
            self._particular.setdefault(machine, {})[name] = unit
        self._globals.pop(machine, None)

    def take(self, name: str) -> None:
        """Remove a unit from its machine."""
        machine = self.place_of.pop(name)
        del self._on[machine][name]
        self._particular.get(machine, {}).pop(name, None)
        self._globals.pop(machine, None)

    def placed_on(self, machine: str) -> Mapping[str, Unit]:
        """The units placed there."""
        return self._on.get(machine, {})

    def globals_on(self, machine: str) -> Mapping[str, Unit]:
        """The global units that run there."""
        if machine not in self._globals:
            there: dict[str, Unit] = {}
            for unit in self._all_globals:
                if self._admits(unit, machine):
                    rivals = (*self._rivals(unit, machine), *there.values())
                    if not any(clash(unit, rival) for rival in rivals):
                        there[unit.name] = unit
            self._globals[machine] = there
        return self._globals[machine]

    def load(self, machine: str) -> int:
        """The number of units on a machine, by which the least loaded one is found."""
        return len(self.placed_on(machine)) + len(self.globals_on(machine))

    def lack(self, unit: Unit, machine: str) -> str:
        """What a placed unit requires and does not have (any more); empty if it has everything."""
        return self._requirement(unit, machine)

    def quarrel(self, unit: Unit, machine: str) -> str:
        """The conflict of a placed unit with another placed one; empty without."""
        return self._rivalry(unit, self._rivals(unit, machine))

    def obstacle(self, unit: Unit, machine: str, companions: Mapping[str, Unit]) -> str:
        """Why a unit cannot be put there together with its companions; empty if it can."""
        if self.machines[machine].leaving:
            return "shutting down"
        rivals = (*self._rivals(unit, machine), *self.globals_on(machine).values(), *companions.values())
        return self._requirement(unit, machine, companions) or self._rivalry(unit, rivals)

    def _rivals(self, unit: Unit, machine: str) -> Iterable[Unit]:
        """The placed units that may clash with this one: most have no Conflicts, and a unit without asks few."""
        there = self._on if unit.requirements.conflicts else self._particular
        return there.get(machine, {}).values()

    def _admits(self, unit: Unit, machine: str) -> bool:
        there = self.machines.get(machine)
        return there is not None and unit.requirements.admits(there.id, there.metadata)

    def _requirement(self, unit: Unit, machine: str, companions: Mapping[str, Unit] | None = None) -> str:
        needs = unit.requirements
        if not self._admits(unit, machine):
            if needs.machine_id is not None:
                return f"MachineID={needs.machine_id}"
            pairs = (f"{key}={value}" for key, values in sorted(needs.metadata.items()) for value in sorted(values))
            return f"MachineMetadata={' '.join(pairs)}"
        for peer in needs.machine_of:
            if not (peer in self.placed_on(machine) or peer in (companions or ()) or peer in self.globals_on(machine)):
                return f"MachineOf={peer}"
        return ""

    def _rivalry(self, unit: Unit, rivals: Iterable[Unit]) -> str:
        patterns = {clash(unit, rival) for rival in rivals if rival.name != unit.name} - {""}
        return f"Conflicts={min(patterns)}" if patterns else ""


def clash(one: Unit, other: Unit) -> str:
    """The pattern by which either unit refuses the other; empty if they get along."""
    for pattern in one.requirements.conflicts:
        if matches(pattern, other.name):
            return pattern
    for pattern in other.requirements.conflicts:
        if matches(pattern, one.name):
            return pattern
    return ""


def _runnable(unit: Unit) -> bool:
    return unit.wanted and not unit.misfit and not UnitName(unit.name).is_template
