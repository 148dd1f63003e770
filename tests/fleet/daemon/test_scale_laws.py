"""That looking at a cluster costs what the cluster has, and not its square: counted, for a clock is no judge."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from fleet.daemon.entities import Machine, Unit
from fleet.daemon.etcd import KeyValue
from fleet.daemon.scheduler import schedule
from fleet.daemon.snapshot import Assembly
from fleet.model.states import INACTIVE, LAUNCHED
from tests.fleet.daemon.units import by_name, unit

MACHINES = {f"m{number}": Machine(f"m{number}") for number in range(6)}
Units = Mapping[str, Unit]


def calls(work: Callable[[], object]) -> int:
    """How many functions of Python the work calls."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def instances(count: int, *options: str, **fields: Any) -> Units:
    return by_name(unit(f"s@{number:04}.service", *options, **fields) for number in range(count))


def waiting(count: int) -> Units:
    return instances(count, desired=LAUNCHED)


def unwanted(count: int) -> Units:
    return instances(count, desired=INACTIVE, machine="m1", placed=1)


def on_a_lost_machine(count: int) -> Units:
    return instances(count, desired=LAUNCHED, machine="lost", placed=1)


def in_each_others_way(count: int) -> Units:
    return instances(count, "Conflicts=s@*.service", desired=LAUNCHED)


def for_no_machine(count: int) -> Units:
    return instances(count, "MachineMetadata=disk=ssd", desired=LAUNCHED)


def pairs(count: int) -> Units:
    sidekicks = (unit(f"t@{n:04}.service", "MachineOf=s@%i.service", desired=LAUNCHED) for n in range(count // 2))
    return {**instances(count // 2, desired=LAUNCHED), **by_name(sidekicks)}


def beside_globals(count: int) -> Units:
    everywhere = by_name(unit(f"g{number}.service", "Global=true", desired=LAUNCHED) for number in range(5))
    return {**waiting(count), **everywhere}


@pytest.mark.parametrize(
    "cluster", [waiting, unwanted, on_a_lost_machine, in_each_others_way, for_no_machine, pairs, beside_globals]
)
def test_scheduling_four_times_the_units_costs_four_times_as_much(cluster: Callable[[int], Units]) -> None:
    few, many = cluster(100), cluster(400)
    assert calls(lambda: schedule(MACHINES, many)) < 5 * calls(lambda: schedule(MACHINES, few))


def test_a_change_is_taken_in_at_a_cost_that_does_not_depend_on_the_number_of_units() -> None:
    def assembled(count: int) -> Assembly:
        assembly = Assembly()
        assembly.apply(
            KeyValue(f"units/s@{n}.service/file", '[["Service", "ExecStart", "x"]]', n) for n in range(count)
        )
        assembly.snapshot(count)
        return assembly

    def change(assembly: Assembly) -> None:
        assembly.apply([KeyValue("units/s@7.service/desired", "launched", 5000)])
        assembly.snapshot(5000)

    few, many = assembled(20), assembled(500)
    assert calls(lambda: change(many)) == calls(lambda: change(few))
