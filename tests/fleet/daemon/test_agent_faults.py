"""What an agent says and does when systemd is slow, refuses, or does something else than was asked."""

import asyncio
from functools import partial
from typing import Any

import pytest

from fleet.daemon import agent, troubles
from fleet.model.unitfile import UnitFile
from tests.fleet.daemon.machines import SLEEP, Cluster, TestMachine

INSTALLED = SLEEP + "\n[Install]\nWantedBy=b@d\n"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that tries again at once."""
    monkeypatch.setattr(troubles, "TRY_AGAIN", 0.1)
    monkeypatch.setattr(agent, "PASS_AGAIN", 0.1)


async def unit_of(machine: TestMachine, name: str) -> dict[str, Any]:
    return dict((await machine.request("GET", f"/units/{name}")).body)


async def test_a_stop_is_shown_when_systemd_was_asked_for_it(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    asked = machine.systemd.held_back["stop", "a.service"] = asyncio.Event()
    await machine.desire("a.service", "loaded")
    await cluster.eventually(lambda: machine.systemd.count("stop", "a.service"))
    assert (await unit_of(machine, "a.service"))["currentState"] == "launched"
    asked.set()
    await cluster.eventually(lambda: cluster.current("a.service") == "loaded")


async def test_a_repeated_start_is_shown_when_systemd_was_asked_again(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    asked = machine.systemd.held_back["start", "a.service"] = asyncio.Event()
    await machine.desire("a.service", "launched")
    await cluster.eventually(lambda: machine.systemd.count("start", "a.service") == 2)
    assert (await unit_of(machine, "a.service"))["currentState"] == "loaded"
    asked.set()
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")


async def test_the_old_text_of_a_unit_does_not_count_as_loaded(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.submit("a.service", state="loaded")
    await cluster.eventually(lambda: cluster.current("a.service") == "loaded")
    stopped = machine.systemd.slow_stops["a.service"] = asyncio.Event()
    await machine.submit("a.service", "[Service]\nExecStart=/bin/true\n", state="loaded")
    await cluster.eventually(lambda: machine.systemd.active.get("a.service") == "deactivating")
    assert (await unit_of(machine, "a.service"))["currentState"] == "inactive"
    stopped.set()
    await cluster.eventually(lambda: cluster.current("a.service") == "loaded")


async def test_a_stop_that_systemd_refuses_is_reported(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    machine.systemd.refuse["stop", "a.service"] = "Refusing to stop."
    await machine.desire("a.service", "loaded")
    await cluster.eventually(lambda: any(state.error for state in machine.daemon.mirror.snapshot.states.values()))
    unit = await unit_of(machine, "a.service")
    assert (unit["currentState"], unit["error"]) == ("launched", "Refusing to stop.")


async def test_a_unit_that_cannot_be_loaded_says_so_until_it_is_asked_for_again(cluster: Cluster) -> None:
    machine = await cluster.add()
    machine.systemd.refuse["enable", "a.service"] = "Invalid argument"
    await machine.run_unit("a.service", INSTALLED)
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.states)
    unit = await unit_of(machine, "a.service")
    assert (unit["currentState"], unit["error"], unit["machineID"]) == ("inactive", "Invalid argument", machine.id)
    (state,) = (await machine.request("GET", "/state")).body["states"]
    assert [state[f"systemd{kind}State"] for kind in ("Load", "Active", "Sub")] == ["error", "inactive", "dead"]

    del machine.systemd.refuse["enable", "a.service"]
    await machine.desire("a.service", "launched")
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    assert "error" not in await unit_of(machine, "a.service")


async def test_a_destroyed_unit_that_could_not_be_loaded_leaves_nothing_behind(cluster: Cluster) -> None:
    machine = await cluster.add()
    machine.systemd.refuse["enable", "a.service"] = "Invalid argument"
    await machine.run_unit("a.service", INSTALLED)
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.states)
    await machine.destroy("a.service")
    await cluster.eventually(lambda: not machine.daemon.mirror.snapshot.states)


@pytest.mark.usefixtures("impatient")
async def test_a_load_that_failed_is_tried_again_by_itself(cluster: Cluster) -> None:
    machine = await cluster.add()
    machine.systemd.refuse["enable", "a.service"] = "Invalid argument"
    await machine.run_unit("a.service", INSTALLED)
    await cluster.eventually(lambda: machine.systemd.count("enable", "a.service") > 2)
    del machine.systemd.refuse["enable", "a.service"]
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")


async def test_a_main_unit_runs_without_a_sidekick_that_cannot_be_loaded(cluster: Cluster) -> None:
    machine = await cluster.add()
    machine.systemd.refuse["enable", "side.service"] = "Invalid argument"
    await machine.submit("main.service")
    await machine.run_unit("side.service", INSTALLED + "\n[X-Fleet]\nMachineOf=main.service\n")
    await machine.desire("main.service", "launched")
    await cluster.eventually(lambda: cluster.running("main.service"))


async def test_a_text_that_no_file_can_hold_breaks_its_unit_only(cluster: Cluster) -> None:
    machine = await cluster.add()
    odd = UnitFile.from_options([("Service", "ExecStart", "/bin/\udc80")])
    await machine.daemon.registry.create("odd.service", odd, "launched")
    await cluster.eventually(lambda: "odd.service" in machine.daemon.agent.broken)
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service"))
    assert not machine.failed


async def test_what_was_withdrawn_while_it_was_loaded_is_not_started(cluster: Cluster) -> None:
    machine = await cluster.add()
    reloaded = machine.systemd.held_back["reload", ""] = asyncio.Event()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: machine.systemd.count("reload", ""))
    await machine.desire("a.service", "inactive")
    await cluster.eventually(lambda: cluster.machines[0].daemon.mirror.snapshot.units["a.service"].machine is None)
    reloaded.set()
    await cluster.eventually(lambda: machine.systemd.count("stop", "a.service") and not machine.daemon.agent.held)
    assert machine.systemd.count("start", "a.service") == 0


async def test_what_was_withdrawn_while_another_was_started_is_not_started(cluster: Cluster) -> None:
    machine = await cluster.add()
    names = ["a.service", "b.service", "c.service"]
    for name in names:
        await machine.submit(name, state="loaded")
    await cluster.eventually(lambda: len(machine.daemon.agent.held) == 3)
    first, second = (machine.systemd.held_back.setdefault(("start", name), asyncio.Event()) for name in names[:2])
    await machine.desire("a.service", "launched")
    await cluster.eventually(lambda: machine.systemd.count("start", "a.service"))
    await machine.desire("b.service", "launched")
    await machine.desire("c.service", "launched")
    first.set()
    await cluster.eventually(lambda: machine.systemd.count("start", "b.service"))
    await machine.desire("c.service", "loaded")
    second.set()
    await cluster.eventually(lambda: machine.systemd.count("stop", "c.service"))
    assert machine.systemd.count("start", "c.service") == 0


async def test_a_unit_that_was_started_after_all_and_ended_is_not_started_again(cluster: Cluster) -> None:
    machine = await cluster.add()
    machine.systemd.refuse["start", "a.service"] = "Unit dep.service not found."
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    del machine.systemd.refuse["start", "a.service"]
    await machine.desire("a.service", "launched")
    await cluster.eventually(lambda: cluster.running("a.service"))
    machine.systemd.become("a.service", "inactive")
    await machine.run_unit("b.service")
    await cluster.eventually(lambda: cluster.running("b.service"))
    assert (cluster.running("a.service"), machine.systemd.count("start", "a.service")) == ([], 2)


@pytest.mark.usefixtures("impatient")
async def test_a_refused_reload_is_asked_for_again(cluster: Cluster) -> None:
    machine = await cluster.add()
    machine.systemd.refuse["reload", ""] = "Connection timed out"
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: machine.systemd.count("reload", "") >= 2)
    del machine.systemd.refuse["reload", ""]
    await cluster.eventually(lambda: cluster.running("a.service"))


async def test_a_stop_job_that_is_cancelled_is_no_stop(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service"))
    machine.systemd.lost_stops["a.service"] = 1
    await machine.destroy("a.service")
    await cluster.eventually(lambda: not machine.daemon.agent.held)
    assert (cluster.running("a.service"), machine.systemd.count("stop", "a.service")) == ([], 2)


@pytest.mark.usefixtures("impatient")
async def test_a_unit_that_does_not_stop_keeps_its_file_and_is_stopped_again(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service"))
    machine.systemd.lost_stops["a.service"] = 1000
    await machine.destroy("a.service")
    await cluster.eventually(lambda: machine.systemd.count("stop", "a.service") > 2 * agent.STOPS)
    assert "a.service" in machine.daemon.agent.held
    machine.systemd.lost_stops.clear()
    await cluster.eventually(lambda: not machine.daemon.agent.held)


@pytest.mark.usefixtures("impatient")
async def test_an_unload_that_fails_is_tried_again_and_the_unit_kept(cluster: Cluster) -> None:
    machine = await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service"))
    path = machine.socket.parent / "units" / "a.service"
    path.unlink()
    path.mkdir()
    await machine.destroy("a.service")
    await cluster.eventually(lambda: machine.daemon.agent.errors)
    assert "a.service" in machine.daemon.agent.held
    path.rmdir()
    await cluster.eventually(lambda: not machine.daemon.agent.held)


async def test_no_change_hastens_the_next_attempt_to_unload(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(troubles, "TRY_AGAIN", 3600.0)
    machine = await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service"))
    machine.systemd.lost_stops["a.service"] = 1000
    await machine.destroy("a.service")
    await cluster.eventually(lambda: machine.daemon.agent.errors)
    machine.systemd.become("a.service", "deactivating")
    await cluster.eventually(
        lambda: [state.active for state in machine.daemon.mirror.snapshot.states.values()] == ["deactivating"]
    )
    await machine.run_unit("b.service")
    await cluster.eventually(lambda: cluster.running("b.service"))
    assert machine.systemd.count("stop", "a.service") == agent.STOPS


async def test_an_error_without_words_is_called_by_its_name(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service"))

    async def be_silent(name: str) -> None:
        raise TimeoutError

    monkeypatch.setattr(machine.systemd, "reset_failed", be_silent)
    await machine.destroy("a.service")
    await cluster.eventually(
        lambda: [state.error for state in machine.daemon.mirror.snapshot.states.values()] == ["TimeoutError"]
    )


async def test_a_unit_destroyed_after_a_refused_reload_leaves_no_file_behind(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent, "PASS_AGAIN", 3600.0)
    machine = await cluster.add()
    machine.systemd.refuse["reload", ""] = "Connection timed out"
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: machine.systemd.count("disable", "a.service"))
    await machine.destroy("a.service")
    await cluster.eventually(lambda: not machine.daemon.mirror.snapshot.units)
    del machine.systemd.refuse["reload", ""]
    await machine.run_unit("b.service")
    await cluster.eventually(lambda: cluster.running("b.service"))
    assert [path.name for path in (machine.socket.parent / "units").iterdir()] == ["b.service"]


async def test_states_are_published_once_systemd_tells_them_again(cluster: Cluster) -> None:
    machine = await cluster.add()
    machine.systemd.refuse["status", ""] = "no reply"
    await machine.run_unit("a.service")
    await cluster.eventually(partial(cluster.running, "a.service"))
    del machine.systemd.refuse["status", ""]
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
