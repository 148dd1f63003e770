"""Units that move from a machine that lives: they begin where they belong when they have ended where they were."""

import asyncio
from typing import Any

from fleet.daemon.entities import UnitState
from fleet.daemon.moving import still_elsewhere
from fleet.daemon.snapshot import Snapshot
from tests.fleet.daemon.machines import SLEEP, Cluster, TestMachine
from tests.fleet.daemon.units import by_name, machines, unit

PICKY = SLEEP + "\n[X-Fleet]\nMachineMetadata=chosen=yes\n"


def chosen(machine: TestMachine, value: str) -> dict[str, Any]:
    return {"op": "add", "path": f"/{machine.id}/metadata/chosen", "value": {"value": value}}


async def test_a_unit_that_moves_starts_when_its_old_machine_has_stopped_it(cluster: Cluster) -> None:
    first, second = await cluster.add(metadata="chosen=yes"), await cluster.add()
    await first.run_unit("a.service", PICKY)
    await cluster.eventually(lambda: cluster.running("a.service") == ["1"])
    await cluster.eventually(lambda: cluster.current("a.service", second) == "launched")
    stopped = first.systemd.slow_stops["a.service"] = asyncio.Event()
    await first.request("PATCH", "/machines", [chosen(first, "no"), chosen(second, "yes")])
    await cluster.eventually(lambda: first.systemd.active["a.service"] == "deactivating")
    await second.run_unit("b.service", PICKY)
    await cluster.eventually(lambda: cluster.running("b.service") == ["2"])
    assert second.systemd.count("start", "a.service") == 0
    stopped.set()
    await cluster.eventually(lambda: cluster.running("a.service") == ["2"])


async def test_a_machine_that_dies_while_it_stops_a_unit_holds_it_up_no_longer_than_its_entry(cluster: Cluster) -> None:
    first, second = await cluster.add(metadata="chosen=yes", ttl="2s"), await cluster.add()
    await first.run_unit("a.service", PICKY)
    await cluster.eventually(lambda: cluster.current("a.service", second) == "launched")
    first.systemd.slow_stops["a.service"] = asyncio.Event()
    await first.request("PATCH", "/machines", [chosen(first, "no"), chosen(second, "yes")])
    await cluster.eventually(lambda: first.systemd.active["a.service"] == "deactivating")
    await first.crash()
    await cluster.eventually(lambda: "2" in cluster.running("a.service"))


def test_waited_for_is_what_is_not_down_on_another_machine_that_is_there() -> None:
    units = by_name(unit(f"{name}.service") for name in "abcde")
    said = [("a", "m2", "deactivating"), ("b", "m2", "failed"), ("c", "m1", "active"), ("d", "gone", "active")]
    states = {(f"{name}.service", on): UnitState(f"{name}.service", on, active=how) for name, on, how in said}
    snapshot = Snapshot(machines=machines("m1", "m2"), units=units, states=states)
    assert still_elsewhere(snapshot, "m1", units.keys()) == {"a.service"}
    assert still_elsewhere(snapshot, "m1", {"b.service"}) == frozenset()


async def test_a_global_unit_waits_for_no_other_machine(cluster: Cluster) -> None:
    first = await cluster.add()
    await first.run_unit("g.service", SLEEP + "\n[X-Fleet]\nGlobal=true\n")
    await cluster.eventually(lambda: first.daemon.mirror.snapshot.states)
    await cluster.add()
    await cluster.eventually(lambda: cluster.running("g.service") == ["1", "2"])
