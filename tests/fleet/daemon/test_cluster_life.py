"""Units on a cluster of fleetds: a real etcd, a dummy for systemd."""

import asyncio
from functools import partial

import pytest

from fleet.model.unitfile import UnitFile
from tests.fleet.daemon.machines import SLEEP, Cluster


async def test_a_launched_unit_is_loaded_then_started_and_shown_so(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service") == ["1"])

    assert machine.systemd.calls == [("link", "a.service"), ("reload", ""), ("start", "a.service")]
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.states)
    unit = (await machine.request("GET", "/units/a.service")).body
    assert (unit["desiredState"], unit["currentState"], unit["machineID"]) == ("launched", "launched", machine.id)
    (state,) = (await machine.request("GET", "/state")).body["states"]
    assert state == {
        "name": "a.service",
        "hash": UnitFile.parse(SLEEP).hash,
        "machineID": machine.id,
        "systemdLoadState": "loaded",
        "systemdActiveState": "active",
        "systemdSubState": "running",
    }


async def test_units_go_to_the_least_loaded_machine_and_of_those_to_the_first(cluster: Cluster) -> None:
    for _ in range(3):
        await cluster.add()
    places = []
    for name in (f"b{number}.service" for number in range(1, 10)):
        await cluster.machines[1].run_unit(name)
        await cluster.eventually(partial(cluster.running, name))
        places += cluster.running(name)
    assert places == ["1", "2", "3"] * 3


async def test_a_dead_machine_loses_its_units_and_stops_them_when_it_returns(cluster: Cluster) -> None:
    first, second = await cluster.add(ttl="2s"), await cluster.add(ttl="2s")
    await second.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service") == ["1"])

    await first.crash()
    await cluster.eventually(lambda: "2" in cluster.running("a.service"))
    assert cluster.running("a.service") == ["1", "2"], "its process runs on: only fleetd died"

    await first.start()
    await cluster.eventually(lambda: cluster.running("a.service") == ["2"], within=2)
    await cluster.eventually(lambda: ("a.service", first.id) not in second.daemon.mirror.snapshot.states)
    await cluster.eventually(lambda: ("a.service", second.id) in second.daemon.mirror.snapshot.states)


async def test_fleetd_that_returns_within_the_ttl_keeps_everything_as_it_is(cluster: Cluster) -> None:
    machine, other = await cluster.add(), await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service") == ["1"])
    before = list(machine.systemd.calls)

    await machine.crash()
    await machine.start()
    await cluster.eventually(lambda: machine.daemon.presence.lease)
    await other.run_unit("b.service")
    await cluster.eventually(lambda: cluster.running("b.service") == ["2"])

    assert machine.systemd.calls == before
    assert machine.id in other.daemon.mirror.snapshot.machines


async def test_starting_a_dead_unit_again_starts_it(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: machine.systemd.active.get("a.service") == "active")
    machine.systemd.become("a.service", "failed")

    await machine.desire("a.service", "launched")
    await cluster.eventually(lambda: machine.systemd.active["a.service"] == "active")
    assert machine.systemd.count("start", "a.service") == 2


async def test_stop_stops_and_a_second_load_does_not_touch_it(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: machine.systemd.active.get("a.service") == "active")
    await machine.desire("a.service", "loaded")
    await cluster.eventually(lambda: machine.systemd.active["a.service"] == "inactive")
    assert machine.systemd.calls[-1] == ("stop", "a.service")


async def test_a_destroyed_unit_is_shown_until_it_has_really_stopped(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.states)
    machine.systemd.slow_stops["a.service"] = asyncio.Event()

    await machine.destroy("a.service")
    await cluster.eventually(
        lambda: [state.active for state in machine.daemon.mirror.snapshot.states.values()] == ["deactivating"]
    )
    assert machine.daemon.agent.held, "the file stays until the process is gone"

    machine.systemd.slow_stops["a.service"].set()
    await cluster.eventually(lambda: not machine.daemon.mirror.snapshot.states)
    assert machine.systemd.calls[-4:] == [
        ("stop", "a.service"),
        ("disable", "a.service"),
        ("reset_failed", "a.service"),
        ("reload", ""),
    ]


async def test_no_unit_starts_before_its_whole_group_is_loaded(cluster: Cluster) -> None:
    machine = await cluster.add()
    sidekick = SLEEP + "\n[X-Fleet]\nMachineOf=main.service\n"
    await machine.run_unit("main.service")
    await machine.submit("zz-side.service", sidekick, state="loaded")
    await cluster.eventually(lambda: len(machine.daemon.agent.held) == 2)

    await machine.reboot()
    await cluster.eventually(lambda: cluster.running("main.service"))
    assert [verb for verb, _ in machine.systemd.calls] == ["link", "link", "reload", "start"]


async def test_a_unit_that_cannot_be_loaded_holds_up_nobody(cluster: Cluster) -> None:
    machine = await cluster.add()
    machine.systemd.refuse["enable", "a.service"] = "Invalid argument"
    await machine.run_unit("a.service", SLEEP + "\n[Install]\nWantedBy=b@d\n")
    await machine.run_unit("b.service")
    await cluster.eventually(lambda: cluster.running("b.service"))
    assert not cluster.running("a.service")


async def test_a_failed_start_is_tried_again_when_what_it_requires_is_loaded(cluster: Cluster) -> None:
    machine = await cluster.add()
    machine.systemd.refuse["start", "a.service"] = "Unit dep.service not found."
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: machine.systemd.count("start", "a.service"))
    await cluster.eventually(lambda: any(state.error for state in machine.daemon.mirror.snapshot.states.values()))

    del machine.systemd.refuse["start", "a.service"]
    await machine.submit("dep.service", state="loaded")
    await cluster.eventually(lambda: cluster.running("a.service"))
    await cluster.eventually(lambda: not any(state.error for state in machine.daemon.mirror.snapshot.states.values()))


async def test_a_changed_text_replaces_the_unit_on_its_machine(cluster: Cluster) -> None:
    machine = await cluster.add()
    await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service") == ["1"])
    options = [{"section": "Service", "name": "ExecStart", "value": "/bin/sleep 5"}]
    reply = await machine.request("PUT", "/units/a.service", {"options": options, "desiredState": "launched"})
    assert reply.status == 201
    await cluster.eventually(lambda: machine.systemd.count("start", "a.service") == 2)
    assert cluster.running("a.service") == ["1"]
    assert "sleep 5" in (machine.socket.parent / "units" / "a.service").read_text()


async def test_a_unit_without_a_machine_says_why_and_runs_as_soon_as_one_fits(cluster: Cluster) -> None:
    machine = await cluster.add(metadata="region=a")
    await machine.run_unit("a.service", SLEEP + "\n[X-Fleet]\nMachineMetadata=region=b\n")
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.units["a.service"].reason)
    unit = (await machine.request("GET", "/units/a.service")).body
    assert unit["unschedulable"] == "no eligible machine: MachineMetadata=region=b on host-1"

    change = [{"op": "add", "path": f"/{machine.id}/metadata/region", "value": {"value": "b"}}]
    assert (await machine.request("PATCH", "/machines", change)).status == 204
    await cluster.eventually(lambda: cluster.running("a.service"))
    await cluster.eventually(lambda: not machine.daemon.mirror.snapshot.units["a.service"].reason)


async def test_a_global_unit_runs_everywhere_and_follows_the_machines(cluster: Cluster) -> None:
    first = await cluster.add()
    await first.run_unit("g.service", SLEEP + "\n[X-Fleet]\nGlobal=true\n")
    await cluster.eventually(lambda: cluster.running("g.service") == ["1"])
    await cluster.add()
    await cluster.eventually(lambda: cluster.running("g.service") == ["1", "2"])
    await first.desire("g.service", "inactive")
    await cluster.eventually(lambda: cluster.running("g.service") == [])


async def test_the_next_engine_takes_over_when_the_leader_dies(cluster: Cluster) -> None:
    leader, other = await cluster.add(), await cluster.add()
    await cluster.eventually(lambda: leader.daemon.election.leadership)
    await leader.crash()
    await other.run_unit("a.service", SLEEP + f"\n[X-Fleet]\nMachineID={other.id}\n")
    await cluster.eventually(lambda: cluster.running("a.service") == ["2"], within=8)


@pytest.mark.parametrize("job", ["restart", ""])
async def test_a_restart_leaves_units_and_machine_alone(cluster: Cluster, job: str) -> None:
    machine, other = await cluster.add(), await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service") == ["1"])
    machine.systemd.job = job
    await machine.shut_down()
    assert cluster.running("a.service") == ["1"]
    assert machine.id in other.daemon.mirror.snapshot.machines
    await machine.start()


async def test_a_stop_of_fleet_moves_the_units_away(cluster: Cluster) -> None:
    machine, other = await cluster.add(), await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service") == ["1"])
    machine.systemd.job = "stop"
    await machine.shut_down()
    await cluster.eventually(lambda: cluster.running("a.service") == ["2"])
    await cluster.eventually(lambda: machine.id not in other.daemon.mirror.snapshot.machines)


async def test_a_second_machine_of_the_same_id_waits_and_disturbs_nobody(cluster: Cluster) -> None:
    machine = await cluster.add()
    twin = cluster.prepare(machine_id=machine.id, ip="10.99.0.77")
    await twin.start()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: machine.systemd.active.get("a.service") == "active")
    reply = await twin.request("GET", "/machines")
    assert reply.status == 503
    assert reply.body["error"]["message"] == "fleet server unable to communicate with etcd"
    assert not twin.systemd.calls
