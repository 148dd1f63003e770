"""What the engine does with decisions that etcd cannot take as they are."""

import asyncio
from typing import Any

import pytest

from fleet.daemon.engine import MAX_UNITS
from fleet.daemon.etcd import Put, Refused
from fleet.model.unitfile import UnitFile
from tests.fleet.daemon.machines import SLEEP, Cluster


async def test_a_group_larger_than_a_transaction_is_placed(cluster: Cluster) -> None:
    machine = await cluster.add()
    registry = machine.daemon.registry
    side = UnitFile.parse(SLEEP + "\n[X-Fleet]\nMachineOf=main.service\n")
    names = [f"side@{number}.service" for number in range(MAX_UNITS + 10)]
    await asyncio.gather(*(registry.create(name, side, "launched") for name in names))
    await machine.run_unit("main.service")  # only now there is a place for the others: for all at once
    await cluster.eventually(lambda: all(cluster.running(name) for name in [*names, "main.service"]), within=30)
    assert not machine.failed


async def test_a_refusal_of_etcd_ends_no_fleetd_and_is_forgotten_at_the_next_change(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = await cluster.add()
    await cluster.eventually(lambda: machine.daemon.election.leadership)
    refused: list[object] = []

    async def refuse(*arguments: Any) -> bool:
        refused.append(arguments)
        raise Refused("too many operations in txn request")

    with monkeypatch.context() as patch:
        patch.setattr(machine.daemon.registry, "place", refuse)
        await machine.run_unit("a.service")
        await cluster.eventually(lambda: refused)
    await machine.run_unit("b.service")
    await cluster.eventually(lambda: cluster.running("a.service") and cluster.running("b.service"))
    assert not machine.failed


async def test_nothing_is_taken_from_a_machine_that_came_back_meanwhile(cluster: Cluster) -> None:
    """It takes for its own what was there; whoever decided that it is gone has to look again."""
    first, second = await cluster.add(), await cluster.add()
    await first.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service") == ["1"])
    await cluster.eventually(lambda: first.daemon.election.leadership)
    registry, units = first.daemon.registry, first.daemon.mirror.snapshot.units
    assert first.daemon.election.leadership is not None
    place = {"a.service": second.id}
    assert not await registry.place(first.daemon.election.leadership, place, units, gone=[first.id])
    assert await registry.place(first.daemon.election.leadership, place, units, gone=["9" * 32])


async def test_a_reason_that_is_taken_back_twice_is_not_waited_for(cluster: Cluster) -> None:
    """The first answer was lost, so it is asked for again, and has nothing left to delete."""
    machine = await cluster.add()
    await machine.submit("a.service")
    await cluster.eventually(lambda: machine.daemon.election.leadership)
    registry, leadership = machine.daemon.registry, machine.daemon.election.leadership
    assert leadership is not None
    await registry.etcd.commit([Put(f"/elsewhere{registry.key()}", "a revision that the mirror never shows")])
    async with asyncio.timeout(5):
        assert await registry.explain(leadership, {"a.service": ""}, registry.mirror.snapshot.units)
