"""What a person, or a script, wants to see of a cluster at a glance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from cluster.cluster import Cluster
from cluster.errors import CommandFailed, InfraError
from cluster.fleettables import UnitRow

COLUMNS = "{:<9}{:<17}{:<7}{:<50}{}"


@dataclass(frozen=True)
class MachineSeen:
    """A machine, its power (on, off, frozen), and the units that are loaded on it."""

    name: str
    address: str
    power: str
    units: Sequence[UnitRow]


@dataclass(frozen=True)
class Overview:
    """A cluster at one moment; without fleet's answer there are machines, but no units."""

    name: str
    machines: Sequence[MachineSeen]
    elasticsearch: str

    @property
    def is_up(self) -> bool:
        """Whether any machine has power."""
        return any(machine.power != "off" for machine in self.machines)

    def to_json(self) -> dict[str, object]:
        """Return it as data."""
        machines = [
            {
                "name": machine.name,
                "address": machine.address,
                "power": machine.power,
                "units": [
                    {key: asdict(row)[key] for key in ("unit", "load", "active", "sub")} for row in machine.units
                ],
            }
            for machine in self.machines
        ]
        return {"cluster": self.name, "machines": machines, "elasticsearch": self.elasticsearch}


def seen(cluster: Cluster) -> Overview:
    """Look at a cluster; one without power is not asked anything."""
    powers = {name: _power(cluster, name) for name in cluster.settings.machine_names}
    if "on" not in powers.values():
        return Overview(
            cluster.settings.name, [_machine(cluster, name, powers, []) for name in powers], "no machine is on"
        )
    try:
        rows = cluster.fleet.units()
    except (CommandFailed, InfraError):
        rows = []
    machines = [_machine(cluster, name, powers, rows) for name in powers]
    return Overview(cluster.settings.name, machines, cluster.es.describe())


def lines(overview: Overview) -> Iterator[str]:
    """Give a line for each machine and each unit on it, then what the nodes themselves say."""
    yield COLUMNS.format("MACHINE", "ADDRESS", "POWER", "UNIT", "STATE")
    for machine in overview.machines:
        units = [(row.unit, f"{row.active}/{row.sub}") for row in machine.units] or [("-", "-")]
        for at, (unit, state) in enumerate(units):
            first = (machine.name, machine.address, machine.power) if at == 0 else ("", "", "")
            yield COLUMNS.format(*first, unit, state)
    yield f"Elasticsearch: {overview.elasticsearch}"


def _power(cluster: Cluster, name: str) -> str:
    if cluster.provider.is_running(name):
        return "on"
    return "frozen" if cluster.provider.is_frozen(name) else "off"


def _machine(cluster: Cluster, name: str, powers: dict[str, str], rows: Sequence[UnitRow]) -> MachineSeen:
    address = cluster.settings.address(name)
    return MachineSeen(name, address, powers[name], [row for row in rows if row.ip == address])
