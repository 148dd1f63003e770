"""What a fault can be done to: how it is named, found on a cluster, and drawn for a cluster's shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from cluster.cluster import Cluster
from cluster.errors import InfraError
from cluster.label import LOGGING, Label
from cluster.machine import Machine
from cluster.settings import ETCD_MEMBERS, Settings

SERVICES = ("etcd2.service", "fleet.service")
"""The services of a machine that are drawn."""


class NoSuchTarget(InfraError):
    """The target's name names nothing on this cluster; the message says what there is."""


@dataclass(frozen=True)
class Shape:
    """What a cluster has, as far as drawing a fault needs to know it: from its settings alone, before it is booted."""

    machines: tuple[str, ...]
    members: tuple[str, ...]
    """The machines with a member of etcd."""
    units: tuple[str, ...]
    """The main units; empty for a cluster on which nothing is deployed."""

    @classmethod
    def of(cls, settings: Settings, label: Label | None = LOGGING) -> Shape:
        """Return the shape of a cluster, with the main units of a label."""
        units = tuple(label.main_units) if label is not None else ()
        return cls(settings.machine_names, settings.machine_names[:ETCD_MEMBERS], units)


@dataclass(frozen=True)
class Targets:
    """One sort of target: how it is written, and how one is drawn."""

    written: str
    draw: Callable[[Random, Shape], str | None]
    """Returns None for a shape that has none."""
    first: Callable[[Shape], str | None]
    """Returns the first one of a shape: of which to ask whether a fault can be had."""


def machine(cluster: Cluster, name: str) -> Machine:
    """Return the machine of that name; raises NoSuchTarget."""
    for one in cluster.machines:
        if one.name == name:
            return one
    raise NoSuchTarget(f"no machine {name}; there are {', '.join(map(str, cluster.machines))}")


def machines(cluster: Cluster, names: str) -> list[Machine]:
    """Return the machines whose names are listed with commas."""
    return [machine(cluster, name) for name in names.split(",")]


def place(cluster: Cluster, target: str) -> tuple[Machine, str]:
    """Return the machine and the name of a process or container there: `MACHINE/NAME`, `UNIT/NAME` or `UNIT`.

    A unit of the fleet stands for the machine on which it is active. Raises NoSuchTarget.
    """
    where, slash, name = target.partition("/")
    if where in cluster.settings.machine_names:
        if not name:
            raise NoSuchTarget(f"what on {where}? {where}/etcd2.service, {where}/java, … or a unit of the fleet")
        return machine(cluster, where), name
    found = cluster.fleet.machine_of(where)
    if found is None:
        raise NoSuchTarget(f"{where} is neither a machine nor a unit of the fleet that is active on one machine")
    return found, name if slash else where


def _some_machine(random: Random, shape: Shape) -> str | None:
    return random.choice(shape.machines)


def _some_machines(random: Random, shape: Shape) -> str | None:
    """Return one machine, or half of them."""
    count = random.choice((1, len(shape.machines) // 2))
    return ",".join(sorted(random.sample(shape.machines, count)))


def _some_process(random: Random, shape: Shape) -> str | None:
    """Return a node's java, the main process of its unit, or one of a machine's own services."""
    services = [f"{random.choice(shape.machines)}/{service}" for service in SERVICES]
    if not shape.units:
        return random.choice(services)
    unit = random.choice(shape.units)
    return random.choice([unit, f"{unit}/java", *services])


def _some_unit(random: Random, shape: Shape) -> str | None:
    return random.choice(shape.units) if shape.units else None


def _some_clock(random: Random, shape: Shape) -> str | None:
    return random.choice([*shape.units, f"{random.choice(shape.machines)}/fleet.service"])


def _always(name: str) -> Callable[[Random, Shape], str | None]:
    return lambda _random, _shape: name


def _never(_random: Random, _shape: Shape) -> str | None:
    return None


def _first_machine(shape: Shape) -> str | None:
    return shape.machines[0]


def _first_unit(shape: Shape) -> str | None:
    return shape.units[0] if shape.units else None


def _first(name: str) -> Callable[[Shape], str | None]:
    return lambda shape: f"{shape.machines[0]}/{name}"


MACHINE = Targets("MACHINE", _some_machine, _first_machine)
MACHINES = Targets("MACHINE[,MACHINE…]", _some_machines, _first_machine)
PROCESS = Targets("UNIT | UNIT/java | MACHINE/SERVICE | MACHINE/PROGRAM", _some_process, _first("etcd2.service"))
CONTAINER = Targets("UNIT | MACHINE/CONTAINER", _some_unit, _first_unit)
CLOCKED = Targets("UNIT | MACHINE/fleet.service", _some_clock, _first("fleet.service"))
UNIT = Targets("UNIT", _some_unit, _first_unit)
ETCD = Targets("etcd", _always("etcd"), lambda _shape: "etcd")
FLEET = Targets("fleet", _always("fleet"), lambda _shape: "fleet")
KEY = Targets("KEY", _never, lambda _shape: None)


def others(cluster: Cluster, these: Sequence[Machine]) -> list[Machine]:
    """Return the machines that are not among these."""
    return [one for one in cluster.machines if one not in these]
