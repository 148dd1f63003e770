"""The cases of fleet's failures, V42 to V49, V69, B03 to B07 and B10, as far as a dummy for systemd shows them."""

import asyncio
from pathlib import Path

import pytest

from tests.fleet.daemon.conftest import EtcdServer
from tests.fleet.daemon.machines import SLEEP, Cluster, TestMachine

INSTALL = SLEEP + "\n[Install]\nWantedBy=main.service\n"


async def three(cluster: Cluster, ttl: str = "30s") -> list[TestMachine]:
    """Machines with b1 to b3, one on each."""
    machines = [await cluster.add(ttl=ttl) for _ in range(3)]
    for number in (1, 2, 3):
        await machines[0].run_unit(f"b{number}.service")
        await cluster.eventually(lambda number=number: cluster.running(f"b{number}.service") == [str(number)])  # type: ignore[misc]
    await cluster.eventually(lambda: all(cluster.current(f"b{number}.service") == "launched" for number in (1, 2, 3)))
    for machine in machines:
        machine.systemd.calls.clear()
    return machines


async def test_v42_a_machine_that_leaves_is_gone_its_unit_elsewhere_and_the_others_untouched(cluster: Cluster) -> None:
    first, second, third = await three(cluster)
    third.systemd.job = "stop"
    await third.shut_down()
    assert third.systemd.active["b3.service"] == "inactive"
    await cluster.eventually(lambda: cluster.running("b3.service") == ["1"])
    await cluster.eventually(lambda: third.id not in first.daemon.mirror.snapshot.machines)
    for machine, own in ((first, "b1.service"), (second, "b2.service")):
        assert [call for call in machine.systemd.calls if call[1] == own] == []


async def test_v43_v44_a_killed_fleetd_loses_its_units_and_stops_them_when_it_is_back(cluster: Cluster) -> None:
    first, second, third = await three(cluster, ttl="4s")
    await third.crash()
    await cluster.eventually(lambda: cluster.running("b3.service") == ["1", "3"])
    assert third.id not in first.daemon.mirror.snapshot.machines
    await third.start()
    await cluster.eventually(lambda: cluster.running("b3.service") == ["1"])
    await cluster.eventually(lambda: ("b3.service", first.id) in second.daemon.mirror.snapshot.states)
    await cluster.eventually(lambda: ("b3.service", third.id) not in second.daemon.mirror.snapshot.states)
    assert [call for call in second.systemd.calls if call[1] == "b2.service"] == []


async def test_v45_b03_b07_an_outage_moves_nothing_and_rows_are_there_again_at_once(
    fragile: Cluster, own_etcd: EtcdServer
) -> None:
    first, *others = machines = await three(fragile, ttl="2s")
    own_etcd.stop()
    await fragile.eventually(lambda: not any(machine.daemon.mirror.fresh for machine in machines))
    await asyncio.sleep(3.2)  # longer than a client is made to wait without being told, and than the TTL
    reply = await first.request("GET", "/units")
    assert (reply.status, reply.body["error"]["message"]) == (503, "fleet server unable to communicate with etcd")
    own_etcd.start()
    await fragile.eventually(lambda: all(one.daemon.mirror.fresh and one.daemon.presence.lease for one in machines))
    await fragile.eventually(lambda: len(first.daemon.mirror.snapshot.states) == 3)
    await asyncio.sleep(1)
    for machine in (first, *others):
        assert [call for call in machine.systemd.calls if call[0] in ("start", "stop", "link")] == []


async def test_v46_a_unit_that_is_started_as_the_leader_is_killed_starts(cluster: Cluster) -> None:
    machines = await three(cluster)
    leader = next(machine for machine in machines if machine.daemon.election.leadership)
    other = next(machine for machine in machines if machine is not leader)
    await leader.crash()
    await other.run_unit("b9.service", f"{SLEEP}\n[X-Fleet]\nMachineID={other.id}\n")
    await cluster.eventually(lambda: cluster.running("b9.service"), within=20)


async def test_v47_the_second_machine_of_an_id_says_503_until_the_first_has_another_one(cluster: Cluster) -> None:
    first = await cluster.add()
    twin = cluster.prepare(machine_id=first.id)
    await twin.start()
    await asyncio.sleep(3.2)
    for path in ("/machines", "/units"):
        reply = await twin.request("GET", path)
        assert (reply.status, reply.body["error"]["message"]) == (503, "fleet server unable to communicate with etcd")
    assert (await first.request("GET", "/machines")).body["machines"][0]["primaryIP"] == "10.99.0.1"
    first.systemd.job = "stop"
    await first.shut_down()
    first.id = "a" * 32
    await first.start()
    await cluster.eventually(lambda: twin.daemon.presence.lease and len(twin.daemon.mirror.snapshot.machines) == 2)
    machines = (await twin.request("GET", "/machines")).body["machines"]
    assert [one["primaryIP"] for one in machines] == ["10.99.0.2", "10.99.0.1"]


async def test_an_unknown_address_does_not_make_two_machines_of_one_id_the_same(cluster: Cluster) -> None:
    first = cluster.prepare(ip="unknown")
    twin = cluster.prepare(ip="unknown", machine_id=first.id)
    first._ip = twin._ip = ""
    await first.start()
    await cluster.eventually(lambda: first.daemon.presence.lease)
    twin.hostname = "another"
    await twin.start()
    await cluster.eventually(lambda: twin.daemon.mirror.fresh)
    await asyncio.sleep(0.3)
    assert (twin.daemon.presence.lease, first.failed) == (0, False)


@pytest.mark.parametrize(("state", "shown"), [("failed", "failed"), ("inactive", "inactive")])
async def test_v48_v49_a_unit_that_fails_or_is_stopped_by_hand_stays_where_it_is_and_is_not_started(
    cluster: Cluster, state: str, shown: str
) -> None:
    first, second, _ = await three(cluster)
    second.systemd.become("b2.service", state)
    await cluster.eventually(lambda: first.daemon.mirror.snapshot.states["b2.service", second.id].active == shown)
    await asyncio.sleep(0.3)
    unit = (await first.request("GET", "/units/b2.service")).body
    assert (unit["desiredState"], unit["currentState"], unit["machineID"]) == ("launched", "launched", second.id)
    assert [call for machine in (first, second) for call in machine.systemd.calls if call[1] == "b2.service"] == []


async def test_v69_an_install_section_is_followed_from_load_to_unload(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.submit("side.service", INSTALL, "loaded")
    await cluster.eventually(lambda: cluster.current("side.service") == "loaded")
    verbs = [verb for verb, _ in machine.systemd.calls]
    assert verbs.index("link") < verbs.index("enable") < verbs.index("reload")
    machine.systemd.become("side.service", "active")  # as systemd does it when main is started
    await cluster.eventually(
        lambda: machine.daemon.mirror.snapshot.states["side.service", machine.id].active == "active"
    )
    assert cluster.current("side.service") == "loaded"
    await machine.desire("side.service", "inactive")
    await cluster.eventually(lambda: not machine.daemon.mirror.snapshot.states)
    assert [verb for verb, _ in machine.systemd.calls][len(verbs) :] == ["stop", "disable", "reset_failed", "reload"]
    assert machine.systemd.count("start", "side.service") == 0


async def test_b05_a_broken_install_section_says_so_and_holds_up_nobody(cluster: Cluster) -> None:
    machine = await cluster.add()
    machine.systemd.refuse["enable", "bad.service"] = "Unit name x is not valid."
    await machine.run_unit("bad.service", INSTALL)
    await machine.run_unit("good.service")
    await cluster.eventually(lambda: cluster.running("good.service"))
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.states.get(("bad.service", machine.id)))
    state = (await machine.request("GET", "/state/bad.service")).body
    assert (state["systemdLoadState"], state["error"]) == ("error", "Unit name x is not valid.")
    assert not (Path(machine.config.units_directory) / "bad.service").exists()
    del machine.systemd.refuse["enable", "bad.service"]
    await machine.desire("bad.service", "launched")
    await cluster.eventually(lambda: cluster.running("bad.service"))


async def test_b06_what_could_not_be_started_is_when_what_it_requires_is_loaded(cluster: Cluster) -> None:
    machine = await cluster.add()
    machine.systemd.refuse["start", "a.service"] = "Unit dep.service not found."
    await machine.run_unit("a.service", SLEEP + "\n[Unit]\nRequires=dep.service\n")
    await cluster.eventually(lambda: any(state.error for state in machine.daemon.mirror.snapshot.states.values()))
    unit = (await machine.request("GET", "/units/a.service")).body
    assert unit["error"] == "Unit dep.service not found."
    del machine.systemd.refuse["start", "a.service"]
    await machine.submit("dep.service", SLEEP, "loaded")
    await cluster.eventually(lambda: cluster.running("a.service"))


async def test_b10_a_unit_that_stops_slowly_is_shown_deactivating_also_when_it_is_destroyed(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.run_unit("slow.service")
    await cluster.eventually(lambda: cluster.current("slow.service") == "launched")
    machine.systemd.slow_stops["slow.service"] = asyncio.Event()
    await machine.destroy("slow.service")
    await cluster.eventually(
        lambda: [one.active for one in machine.daemon.mirror.snapshot.states.values()] == ["deactivating"]
    )
    await asyncio.sleep(0.3)
    assert (await machine.request("GET", "/state/slow.service")).body["systemdActiveState"] == "deactivating"
    assert (Path(machine.config.units_directory) / "slow.service").exists()
    machine.systemd.slow_stops["slow.service"].set()
    await cluster.eventually(lambda: not machine.daemon.mirror.snapshot.states)
    assert not (Path(machine.config.units_directory) / "slow.service").exists()
