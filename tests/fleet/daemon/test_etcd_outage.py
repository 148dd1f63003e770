"""etcd fails in various ways; nothing moves that need not, and everything goes on afterwards."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from fleet.daemon.entities import Machine
from fleet.daemon.etcd import KeyValue
from fleet.daemon.grace import CONTRADICTION
from fleet.daemon.registry import Registry
from tests.fleet.daemon.conftest import EtcdServer
from tests.fleet.daemon.machines import SLEEP, Cluster

LOST = "fleet server unable to communicate with etcd"


async def test_fleetd_starts_without_etcd_says_so_and_joins_when_it_is_there(
    fragile: Cluster, own_etcd: EtcdServer
) -> None:
    own_etcd.stop()
    machine = fragile.prepare()
    await machine.start()
    for path in ("/machines", "/units", "/discovery"):
        reply = await machine.request("GET", path)
        assert (reply.status, reply.body["error"]["message"]) == (503, LOST)
    own_etcd.start()
    await fragile.eventually(lambda: machine.daemon.presence.lease)
    assert (await machine.request("GET", "/machines")).status == 200


async def test_an_outage_of_etcd_longer_than_the_ttl_moves_nothing(fragile: Cluster, own_etcd: EtcdServer) -> None:
    machines = [await fragile.add(ttl="2s") for _ in range(3)]
    for number in range(6):
        await machines[0].run_unit(f"u{number}.service")
    await fragile.eventually(lambda: all(fragile.running(f"u{number}.service") for number in range(6)))
    places = {number: fragile.running(f"u{number}.service") for number in range(6)}
    calls = [list(machine.systemd.calls) for machine in machines]

    own_etcd.stop()
    await asyncio.sleep(4)
    own_etcd.start()
    await fragile.eventually(lambda: all(machine.daemon.mirror.fresh for machine in machines))
    await machines[1].run_unit("new.service")
    await fragile.eventually(lambda: fragile.running("new.service"))
    await asyncio.sleep(2.5)

    assert {number: fragile.running(f"u{number}.service") for number in range(6)} == places
    added = [
        call for machine, before in zip(machines, calls, strict=True) for call in machine.systemd.calls[len(before) :]
    ]
    assert [call for call in added if call[1] not in ("new.service", "")] == []


async def test_an_etcd_that_stops_answering_is_noticed_and_left_for_a_new_connection(
    fragile: Cluster, own_etcd: EtcdServer
) -> None:
    machine = await fragile.add()
    own_etcd.freeze()
    await fragile.eventually(lambda: not machine.daemon.mirror.fresh, within=4)
    own_etcd.thaw()
    await fragile.eventually(lambda: machine.daemon.mirror.fresh, within=4)
    await machine.run_unit("a.service")
    await fragile.eventually(lambda: fragile.running("a.service"))


async def test_a_short_silence_of_etcd_is_no_error_for_a_client(fragile: Cluster, own_etcd: EtcdServer) -> None:
    machine = await fragile.add()
    own_etcd.freeze()
    asking = asyncio.ensure_future(machine.request("GET", "/machines"))
    await asyncio.sleep(1.2)
    own_etcd.thaw()
    assert (await asking).status == 200


async def test_after_a_power_cut_machines_that_come_back_late_keep_their_units(
    fragile: Cluster, own_etcd: EtcdServer
) -> None:
    first, second = await fragile.add(ttl="3s"), await fragile.add(ttl="3s")
    for number in range(4):
        await first.run_unit(f"u{number}.service")
    await fragile.eventually(lambda: all(fragile.running(f"u{number}.service") for number in range(4)))
    places = [fragile.running(f"u{number}.service") for number in range(4)]
    for machine in (first, second):
        await machine.crash()
    own_etcd.stop()
    await asyncio.sleep(3.5)
    own_etcd.start()

    await first.reboot_from_off()
    await fragile.eventually(lambda: first.daemon.election.leadership)
    await asyncio.sleep(1.5)
    await second.reboot_from_off()
    await fragile.eventually(lambda: all(fragile.running(f"u{number}.service") for number in range(4)))
    await asyncio.sleep(2)
    assert [fragile.running(f"u{number}.service") for number in range(4)] == places


async def test_a_machine_that_stays_away_after_a_power_cut_loses_its_units(
    fragile: Cluster, own_etcd: EtcdServer
) -> None:
    first, second = await fragile.add(ttl="2s"), await fragile.add(ttl="2s")
    await first.run_unit("a.service")
    await first.run_unit("b.service")
    await fragile.eventually(lambda: fragile.running("b.service") == ["2"])
    for machine in (first, second):
        await machine.crash()
    second.systemd.active.clear()
    await first.start()
    await fragile.eventually(lambda: fragile.running("b.service") == ["1"], within=8)
    await second.start()


async def test_history_that_etcd_has_forgotten_does_not_matter(fragile: Cluster, own_etcd: EtcdServer) -> None:
    machine = await fragile.add()
    await machine.run_unit("a.service")
    await fragile.eventually(lambda: fragile.running("a.service"))
    own_etcd.stop()
    own_etcd.start()
    await fragile.eventually(lambda: machine.daemon.mirror.fresh)
    own_etcd.compact(machine.daemon.mirror.snapshot.revision)
    own_etcd.stop()
    own_etcd.start()
    await fragile.eventually(lambda: not machine.daemon.mirror.fresh)
    await fragile.eventually(lambda: machine.daemon.mirror.fresh)
    await machine.run_unit("b.service")
    await fragile.eventually(lambda: fragile.running("b.service"))


async def test_a_watch_that_begins_before_what_etcd_has_kept_ends_and_everything_is_read_anew(
    fragile: Cluster, own_etcd: EtcdServer
) -> None:
    """As when etcd compacts between the mirror's read and its watch."""
    machine = await fragile.add()
    watch, starts = machine.daemon.etcd.watch, []

    def late(prefix: str, start: int) -> AsyncGenerator[tuple[KeyValue, ...], None]:
        starts.append(start)
        if len(starts) > 1:
            return watch(prefix, start)
        own_etcd.compact(start - 1)
        return watch(prefix, 1)

    machine.daemon.etcd.watch = late  # type: ignore[method-assign]
    own_etcd.stop()
    own_etcd.start()
    await fragile.eventually(lambda: len(starts) == 2 and machine.daemon.mirror.fresh)
    await machine.run_unit("a.service")
    await fragile.eventually(lambda: fragile.running("a.service"))


async def test_a_machine_that_lost_its_lease_registers_again_and_says_everything_anew(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.run_unit("g.service", SLEEP + "\n[X-Fleet]\nGlobal=true\n")
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.states)
    lost = machine.daemon.presence.lease
    await machine.daemon.etcd.revoke(lost)
    await cluster.eventually(lambda: machine.daemon.presence.lease not in (0, lost))
    await cluster.eventually(
        lambda: (
            [state.lease for state in machine.daemon.mirror.snapshot.states.values()] == [machine.daemon.presence.lease]
        )
    )
    assert not machine.failed
    assert machine.systemd.count("stop", "g.service") == 0


async def test_machines_whose_leases_etcd_revokes_although_they_live_keep_their_units(cluster: Cluster) -> None:
    machines = [await cluster.add() for _ in range(3)]
    for number in range(6):
        await machines[0].run_unit(f"u{number}.service")
    await cluster.eventually(lambda: all(cluster.running(f"u{number}.service") for number in range(6)))
    places = {number: cluster.running(f"u{number}.service") for number in range(6)}
    calls = [list(machine.systemd.calls) for machine in machines]
    leases = [machine.daemon.presence.lease for machine in machines]

    for lease in leases:
        await machines[0].daemon.registry.etcd.revoke(lease)
    await cluster.eventually(lambda: not {machine.daemon.presence.lease for machine in machines} & {0, *leases})
    await asyncio.sleep(1)

    assert {number: cluster.running(f"u{number}.service") for number in range(6)} == places
    assert [machine.systemd.calls for machine in machines] == calls


async def test_nor_do_they_lose_them_if_etcd_is_so_slow_that_nobody_contradicts_in_time(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = [await cluster.add() for _ in range(3)]
    for number in range(6):
        await machines[0].run_unit(f"u{number}.service")
    await cluster.eventually(lambda: all(cluster.running(f"u{number}.service") for number in range(6)))
    calls = [list(machine.systemd.calls) for machine in machines]
    leases = [machine.daemon.presence.lease for machine in machines]
    announce = Registry.announce

    async def late(registry: Registry, machine: Machine, lease: int) -> None:
        await asyncio.sleep(3 * CONTRADICTION)
        await announce(registry, machine, lease)

    monkeypatch.setattr(Registry, "announce", late)
    for lease in leases:
        await machines[0].daemon.registry.etcd.revoke(lease)
    await cluster.eventually(lambda: not {machine.daemon.presence.lease for machine in machines} & {0, *leases})
    await asyncio.sleep(2 * CONTRADICTION)
    assert [machine.systemd.calls for machine in machines] == calls


async def test_a_machine_that_is_gone_and_does_not_contradict_loses_its_units(cluster: Cluster) -> None:
    first, second = await cluster.add(), await cluster.add()
    await first.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service"))
    dead, heir = (first, second) if await cluster.place_of("a.service") == first.id else (second, first)
    lease = dead.daemon.presence.lease
    await dead.crash()
    await heir.daemon.registry.etcd.revoke(lease)
    await cluster.eventually(lambda: "a.service" in heir.daemon.agent.held)
