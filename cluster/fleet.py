"""The fleet of the cluster, seen as an operator sees it: by fleetctl on one of the machines."""

from __future__ import annotations

from collections.abc import Sequence

from cluster import fleettables
from cluster.errors import InfraError
from cluster.fleettables import MachineRow, UnitFileRow, UnitRow
from cluster.machine import Machine
from cluster.ssh import CommandResult


class Fleet:
    """What fleetctl says and does; asked on the first machine that answers."""

    def __init__(self, machines: Sequence[Machine]) -> None:
        self._machines = machines
        self._by_address = {machine.address: machine for machine in machines}

    @property
    def seat(self) -> Machine:
        """The machine at which the operator sits: the first one with power."""
        for machine in self._machines:
            if machine.is_running:
                return machine
        raise InfraError("no machine of the cluster is running")

    def ctl(self, arguments: str, *quoted: str, within: float = 60, check: bool = True) -> CommandResult:
        """Run `fleetctl …` and return what it did."""
        __tracebackhide__ = True
        return self.seat.run(f"fleetctl {arguments}", *quoted, within=within, check=check)

    def machine_rows(self) -> list[MachineRow]:
        """Return the lines of list-machines."""
        return fleettables.machines(self._table("list-machines", fleettables.MACHINE_FIELDS))

    def units(self) -> list[UnitRow]:
        """Return the lines of list-units: the units that are loaded somewhere."""
        return fleettables.units(self._table("list-units", fleettables.UNIT_FIELDS))

    def unit_files(self) -> list[UnitFileRow]:
        """Return the lines of list-unit-files."""
        return fleettables.unit_files(self._table("list-unit-files", fleettables.UNIT_FILE_FIELDS))

    def machines(self) -> list[Machine]:
        """Return the machines that fleet lists, in the cluster's order."""
        listed = {row.ip for row in self.machine_rows()}
        return [machine for machine in self._machines if machine.address in listed]

    def machines_of(self, unit: str, *states: str) -> list[Machine]:
        """Return the machines where the unit is loaded; with `states`, where its ACTIVE is one of them."""
        rows = [row for row in self.units() if row.unit == unit and (not states or row.active in states)]
        return [self._by_address[row.ip] for row in rows if row.ip in self._by_address]

    def machine_of(self, unit: str) -> Machine | None:
        """Return the machine where the unit is active, None for no machine or for more than one."""
        machines = self.machines_of(unit, "active")
        return machines[0] if len(machines) == 1 else None

    def placements(self, pattern: str = "@") -> dict[str, Machine]:
        """Return each active unit's machine; only of units whose name contains `pattern`."""
        rows = [row for row in self.units() if pattern in row.unit and row.active == "active"]
        return {row.unit: self._by_address[row.ip] for row in rows if row.ip in self._by_address}

    def unit_on(self, machine: Machine, pattern: str) -> str:
        """Return the unit that is active on a machine, whose name contains `pattern`. Raises InfraError for none."""
        for unit, where in self.placements(pattern).items():
            if where == machine:
                return unit
        raise InfraError(f"no unit {pattern} is active on {machine}")

    def targets(self) -> dict[str, str | None]:
        """Return the address of the machine to which fleet gave each unit, active or not; None for no machine."""
        return {row.unit: row.target_ip for row in self.unit_files()}

    def _table(self, command: str, fields: str) -> str:
        return self.ctl(f"{command} --full --no-legend --fields={fields}").stdout
