"""How fleetd ends, and how it is registered until then."""

import asyncio

import pytest

from fleet.daemon import daemon
from fleet.daemon.entities import Machine
from fleet.daemon.etcd import Delete
from tests.fleet.daemon.conftest import EtcdServer
from tests.fleet.daemon.machines import Cluster


async def test_the_heartbeat_lasts_until_the_units_have_stopped(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, other = await cluster.add(ttl="2s"), await cluster.add(ttl="2s")
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service") == ["1"])
    machine.systemd.job = "stop"
    stopped = machine.systemd.slow_stops["a.service"] = asyncio.Event()
    leaving = asyncio.ensure_future(machine.shut_down())
    await cluster.eventually(lambda: machine.systemd.active["a.service"] == "deactivating")

    beats: list[int] = []
    beat, etcd = machine.daemon.etcd.keep_alive, machine.daemon.etcd

    async def count(lease: int) -> bool:
        beats.append(lease)
        return await beat(lease)

    monkeypatch.setattr(etcd, "keep_alive", count)
    await cluster.eventually(lambda: beats.count(machine.daemon.presence.lease) > 1)
    assert machine.id in other.daemon.mirror.snapshot.machines
    assert other.systemd.count("start", "a.service") == 0

    stopped.set()
    await leaving
    await cluster.eventually(lambda: cluster.running("a.service") == ["2"])


async def test_a_machine_that_leaves_loads_nothing_any_more(cluster: Cluster) -> None:
    machine, other = await cluster.add(), await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service") == ["1"])
    machine.systemd.job = "stop"
    stopped = machine.systemd.slow_stops["a.service"] = asyncio.Event()
    leaving = asyncio.ensure_future(machine.shut_down())
    await cluster.eventually(lambda: machine.systemd.active["a.service"] == "deactivating")
    await other.desire("a.service", "launched")
    await other.run_unit("b.service")
    await other.run_unit("c.service")
    await cluster.eventually(lambda: len(machine.daemon.mirror.snapshot.units) == 3)
    stopped.set()
    await leaving
    await cluster.eventually(lambda: all(cluster.running(f"{name}.service") == ["2"] for name in "abc"))
    assert machine.systemd.count("link", "b.service") + machine.systemd.count("link", "c.service") == 0
    assert machine.systemd.count("start", "a.service") == 1


@pytest.mark.parametrize("stuck", ["its stop takes too long", "its stop does nothing"])
async def test_a_machine_on_which_a_unit_still_runs_does_not_give_up_its_registration(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, stuck: str
) -> None:
    monkeypatch.setattr(daemon, "FAREWELL", 0.5)
    machine, other = await cluster.add(), await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service") == ["1"])
    machine.systemd.job = "stop"
    if stuck == "its stop takes too long":
        machine.systemd.slow_stops["a.service"] = asyncio.Event()
    else:
        machine.systemd.lost_stops["a.service"] = 1000
    await machine.shut_down()
    assert machine.daemon.presence.lease, "it was not revoked"
    await other.run_unit("b.service")
    await cluster.eventually(lambda: cluster.running("b.service") == ["2"])
    assert machine.id in other.daemon.mirror.snapshot.machines
    assert other.systemd.count("start", "a.service") == 0


async def test_leaving_waits_for_a_load_that_is_under_way_and_takes_it_back(cluster: Cluster) -> None:
    machine = await cluster.add()
    reloaded = machine.systemd.held_back["reload", ""] = asyncio.Event()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: machine.systemd.count("reload", ""))
    machine.systemd.job = "stop"
    leaving = asyncio.ensure_future(machine.shut_down())
    await cluster.eventually(lambda: machine.daemon.agent._leaving)
    reloaded.set()
    await leaving
    assert not (machine.socket.parent / "units" / "a.service").exists()
    assert machine.systemd.count("start", "a.service") == 0


@pytest.mark.parametrize("job", ["stop", "restart"])
async def test_an_etcd_that_is_gone_holds_up_no_end(
    fragile: Cluster, own_etcd: EtcdServer, monkeypatch: pytest.MonkeyPatch, job: str
) -> None:
    monkeypatch.setattr(daemon, "LAST_WORDS", 0.1)
    machine = await fragile.add()
    await machine.run_unit("a.service")
    await fragile.eventually(lambda: fragile.running("a.service"))
    machine.systemd.job = job
    own_etcd.freeze()
    async with asyncio.timeout(4):  # etcd would be given 5 s
        await machine.shut_down()
    assert fragile.running("a.service") == ([] if job == "stop" else ["1"])


async def test_a_request_that_waits_for_registration_is_answered_by_it(cluster: Cluster) -> None:
    machine = await cluster.add()
    presence = machine.daemon.presence
    lease = presence._lease
    presence._set(None)
    asking = asyncio.ensure_future(machine.request("GET", "/machines"))
    await asyncio.wait({asking}, timeout=0.2)
    assert not asking.done()
    presence._set(lease)
    assert (await asking).status == 200


async def test_a_farewell_is_not_taken_back_by_a_registration_that_was_under_way(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = await cluster.add()
    presence, registry = machine.daemon.presence, machine.daemon.registry
    announce, under_way, let_go = registry.announce, asyncio.Event(), asyncio.Event()

    async def held_up(me: Machine, lease: int) -> None:
        if not me.leaving:
            under_way.set()
            await let_go.wait()
        await announce(me, lease)

    monkeypatch.setattr(registry, "announce", held_up)
    await machine.daemon.etcd.revoke(presence.lease)
    await under_way.wait()
    assert (presence.lease, presence.may_start) == (0, False)
    farewell = asyncio.ensure_future(presence.say_farewell())
    await asyncio.wait({farewell}, timeout=0.1)  # long enough for it to have been said too early
    let_go.set()
    await farewell
    assert machine.daemon.mirror.snapshot.machines[machine.id].leaving


async def test_a_machine_whose_entry_is_lost_registers_again(cluster: Cluster) -> None:
    machine = await cluster.add()
    lease = machine.daemon.presence.lease
    await machine.daemon.etcd.commit([Delete(machine.daemon.registry.key("machines", machine.id))])
    await cluster.eventually(lambda: machine.daemon.presence.lease not in (0, lease))
    await cluster.eventually(lambda: machine.id in machine.daemon.mirror.snapshot.machines)
