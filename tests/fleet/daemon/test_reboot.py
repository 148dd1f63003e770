"""A whole cluster that goes down and comes up again: its units are spread as before, not piled on the first machine."""

import asyncio

import pytest

from tests.fleet.daemon.machines import Cluster, TestMachine

UNITS = [f"u{number}.service" for number in range(6)]


async def three_with_two_units_each(cluster: Cluster) -> list[TestMachine]:
    machines = [await cluster.add() for _ in range(3)]
    for name in UNITS:
        await machines[0].run_unit(name)
    await cluster.eventually(lambda: all(cluster.running(name) for name in UNITS))
    assert [cluster.running(name) for name in UNITS] == [["1"], ["2"], ["3"]] * 2
    return machines


@pytest.mark.parametrize("orderly", [True, False], ids=["shut down", "power cut"])
async def test_a_rebooted_cluster_is_spread_as_it_was(cluster: Cluster, orderly: bool) -> None:
    machines = await three_with_two_units_each(cluster)
    if orderly:
        for machine in machines:
            machine.systemd.job = "stop"
        await asyncio.gather(*(machine.shut_down() for machine in machines))
    else:
        for machine in machines:
            await machine.crash()
    for machine in machines:
        await machine.reboot_from_off()
    await cluster.eventually(lambda: all(cluster.running(name) for name in UNITS))
    await cluster.eventually(lambda: [cluster.running(name) for name in UNITS] == [["1"], ["2"], ["3"]] * 2)


async def test_a_cluster_whose_machines_have_new_ids_after_a_power_cut_is_spread_over_those_that_came(
    cluster: Cluster,
) -> None:
    old = [await cluster.add(ttl="3s") for _ in range(2)]
    for name in UNITS:
        await old[0].run_unit(name)
    await cluster.eventually(lambda: all(cluster.running(name) for name in UNITS))
    for machine in old:
        await machine.crash()
        machine.systemd.active.clear()
    for _ in range(3):
        await cluster.add(ttl="3s")
    await cluster.eventually(lambda: all(cluster.running(name) for name in UNITS))
    assert sorted(cluster.running(name) for name in UNITS) == [["3"], ["3"], ["4"], ["4"], ["5"], ["5"]]


async def test_a_machine_that_shuts_down_alone_gives_its_units_away_and_gets_no_new_ones(cluster: Cluster) -> None:
    first, second, _ = await three_with_two_units_each(cluster)
    first.systemd.job = "stop"
    first.systemd.slow_stops = {"u0.service": asyncio.Event()}
    leaving = asyncio.ensure_future(first.shut_down())
    await cluster.eventually(lambda: second.daemon.mirror.snapshot.machines[first.id].leaving)
    await second.run_unit("new.service")
    await cluster.eventually(lambda: cluster.running("new.service"))
    assert cluster.running("new.service") != ["1"], "although it has the fewest units and the smallest id"
    await first.reconfiguration.reload()  # it registers anew, and still leaves
    lease = first.daemon.presence.lease
    await cluster.eventually(lambda: first.daemon.presence.lease != lease)
    assert second.daemon.mirror.snapshot.machines[first.id].leaving
    first.systemd.slow_stops["u0.service"].set()
    await leaving
    await cluster.eventually(lambda: cluster.running("u0.service") and cluster.running("u3.service"))
    await first.start()
    await cluster.eventually(lambda: first.id in second.daemon.mirror.snapshot.machines)
    assert not second.daemon.mirror.snapshot.machines[first.id].leaving
