"""What runs is stopped before it is started again, however quickly a start follows a stop."""

import asyncio

import pytest

from fleet.daemon import troubles
from tests.fleet.daemon.machines import SLEEP, Cluster, TestMachine


async def running(cluster: Cluster, *names: str) -> TestMachine:
    machine = await cluster.add()
    for name in names or ("a.service",):
        await machine.run_unit(name)
        await cluster.eventually(lambda name=name: cluster.current(name) == "launched")
    return machine


async def test_a_restart_is_one_and_is_done_when_the_old_process_is_gone(cluster: Cluster) -> None:
    machine = await running(cluster)
    stopped = machine.systemd.held_back["restart", "a.service"] = asyncio.Event()
    await machine.restart_unit("a.service")
    await cluster.eventually(lambda: machine.systemd.count("restart", "a.service"))
    assert cluster.current("a.service") == "loaded"
    stopped.set()
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    await machine.run_unit("b.service")
    await cluster.eventually(lambda: cluster.current("b.service") == "launched")
    assert machine.systemd.count("restart", "a.service") == 1


async def test_every_restart_is_carried_out(cluster: Cluster) -> None:
    machine = await running(cluster)
    for times in range(1, 21):
        await machine.restart_unit("a.service")
        await cluster.eventually(lambda: cluster.current("a.service") == "launched")
        assert machine.systemd.count("restart", "a.service") == times


async def test_several_units_are_restarted_by_one_request(cluster: Cluster) -> None:
    machine = await running(cluster, "a.service", "b.service")
    wishes = [{"name": f"{name}.service", "desiredState": "launched", "restart": True} for name in "ab"]
    assert (await machine.request("POST", "/batch", {"units": wishes})).status == 200
    await cluster.eventually(lambda: all(machine.systemd.count("restart", f"{name}.service") for name in "ab"))


async def test_a_slow_restart_holds_up_no_other_unit(cluster: Cluster) -> None:
    machine = await running(cluster)
    machine.systemd.held_back["restart", "a.service"] = asyncio.Event()
    await machine.restart_unit("a.service")
    await machine.run_unit("b.service")
    await cluster.eventually(lambda: cluster.running("b.service"))


async def test_a_unit_that_is_loaded_only_is_just_started(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.submit("a.service", state="loaded")
    await cluster.eventually(lambda: cluster.current("a.service") == "loaded")
    await machine.restart_unit("a.service")
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    assert (machine.systemd.count("restart", "a.service"), machine.systemd.count("start", "a.service")) == (0, 1)


async def test_a_restart_that_systemd_refuses_is_said_and_not_repeated(cluster: Cluster) -> None:
    machine = await running(cluster)
    machine.systemd.refuse["restart", "a.service"] = "Unit dep.service not found."
    await machine.restart_unit("a.service")
    await cluster.eventually(lambda: any(state.error for state in machine.daemon.mirror.snapshot.states.values()))
    assert machine.systemd.count("restart", "a.service") == 1


async def test_a_global_unit_is_restarted_on_every_machine_which_says_so(cluster: Cluster) -> None:
    machines = [await cluster.add(), await cluster.add()]
    await machines[0].run_unit("g.service", SLEEP + "\n[X-Fleet]\nGlobal=true\n")
    await cluster.eventually(lambda: cluster.running("g.service") == ["1", "2"])
    slow = machines[1].systemd.held_back["restart", "g.service"] = asyncio.Event()
    await machines[0].restart_unit("g.service")

    async def pending() -> list[str]:
        states = (await machines[0].request("GET", "/state?unitName=g.service")).body.get("states", ())
        return [state["machineID"][:1] for state in states if state.get("pending")]

    await cluster.eventually(lambda: all(machine.systemd.count("restart", "g.service") for machine in machines))
    async with asyncio.timeout(10):
        while await pending() != ["2"]:
            await asyncio.sleep(0.02)
        slow.set()
        while await pending():
            await asyncio.sleep(0.02)


async def test_a_start_cancels_no_stop_whose_turn_has_not_come(cluster: Cluster) -> None:
    """A sidekick that starts after its main unit stops before it: until then the main unit runs, its stop job waits."""
    machine = await running(cluster)
    stopped = machine.systemd.pending_stops["a.service"] = asyncio.Event()
    await machine.desire("a.service", "loaded")
    await cluster.eventually(lambda: cluster.current("a.service") == "loaded")
    await machine.desire("a.service", "launched")
    await machine.run_unit("b.service")
    await cluster.eventually(lambda: cluster.running("b.service"))
    assert machine.systemd.count("start", "a.service") == 1
    assert cluster.current("a.service") == "loaded"

    stopped.set()
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    assert machine.systemd.count("start", "a.service") == 2


@pytest.mark.parametrize("undo", ["loaded", "inactive", "destroyed"])
async def test_what_was_undone_and_done_before_the_agent_looked_is_a_restart(cluster: Cluster, undo: str) -> None:
    machine = await running(cluster)
    async with machine.daemon.agent._passing:
        if undo == "destroyed":
            await machine.destroy("a.service")
            await machine.run_unit("a.service")
        else:
            await machine.desire("a.service", undo)
            await machine.desire("a.service", "launched")
        await cluster.eventually(lambda: machine.daemon.mirror.snapshot.units["a.service"].machine)
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    assert machine.systemd.count("restart", "a.service") == 1


async def test_a_stop_of_what_systemd_has_forgotten_is_done(cluster: Cluster) -> None:
    machine = await running(cluster)
    machine.systemd.become("a.service", "inactive")
    machine.systemd.refuse["stop", "a.service"] = "Unit a.service not loaded."
    await machine.desire("a.service", "loaded")
    await cluster.eventually(lambda: cluster.current("a.service") == "loaded")
    assert not machine.daemon.agent.errors


async def test_what_only_systemd_has_started_is_stopped_and_pending_until_then(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.submit("a.service", state="loaded")
    await cluster.eventually(lambda: cluster.current("a.service") == "loaded")
    machine.systemd.become("a.service", "active")
    asked = machine.systemd.held_back["stop", "a.service"] = asyncio.Event()
    await machine.desire("a.service", "loaded")
    unit = (await machine.request("GET", "/units/a.service")).body
    assert (unit["currentState"], unit["pending"]) == ("loaded", True)
    asked.set()
    await cluster.eventually(lambda: not cluster.running("a.service"))
    async with asyncio.timeout(10):
        while "pending" in (await machine.request("GET", "/units/a.service")).body:
            await asyncio.sleep(0.02)


async def test_a_unit_is_destroyed_while_it_waits_for_its_stop(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(troubles, "TRY_AGAIN", 3600.0)
    machine = await running(cluster)
    stopped = machine.systemd.pending_stops["a.service"] = asyncio.Event()
    await machine.desire("a.service", "loaded")
    await machine.desire("a.service", "launched")
    await machine.destroy("a.service")
    stopped.set()
    del machine.systemd.pending_stops["a.service"]
    await cluster.eventually(lambda: not machine.daemon.agent.held)
