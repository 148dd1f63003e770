"""The cases of fleet's scheduling, V33 to V41, B11 and B12, on three machines of different metadata."""

import pytest_asyncio

from tests.fleet.daemon.machines import SLEEP, Cluster, TestMachine


@pytest_asyncio.fixture
async def first(cluster: Cluster) -> TestMachine:
    machines = [
        await cluster.add(metadata) for metadata in ("region=a,disk=ssd", "region=b,disk=ssd", "region=b,disk=hdd")
    ]
    return machines[0]


def text(*options: str) -> str:
    return "\n".join([SLEEP, "[X-Fleet]", *options, ""])


async def places(cluster: Cluster, names: list[str]) -> list[str]:
    await cluster.eventually(lambda: all(cluster.running(name) for name in names))
    return ["".join(cluster.running(name)) for name in names]


async def test_v33_units_spread_and_of_equals_the_smallest_id_is_taken(cluster: Cluster, first: TestMachine) -> None:
    names = [f"b{number}.service" for number in range(1, 10)]
    for name in names:
        await first.run_unit(name)
    assert await places(cluster, names) == ["1", "2", "3"] * 3


async def test_v34_the_fourth_of_three_waits_and_takes_the_place_that_gets_free(
    cluster: Cluster, first: TestMachine
) -> None:
    names = [f"t@{number}.service" for number in range(1, 5)]
    for name in names:
        await first.run_unit(name, text("Conflicts=t@*.service"))
    assert await places(cluster, names[:3]) == ["1", "2", "3"]
    waiting = (await first.request("GET", f"/units/{names[3]}")).body
    assert (waiting["desiredState"], waiting["currentState"], "machineID" in waiting) == ("launched", "inactive", False)
    await first.destroy(names[1])
    assert await places(cluster, names[3:]) == ["2"]


async def test_v35_a_sidekick_waits_for_its_unit_and_joins_it(cluster: Cluster, first: TestMachine) -> None:
    await first.run_unit("pong.service", text("MachineOf=ping.service"))
    await cluster.eventually(lambda: first.daemon.mirror.snapshot.units["pong.service"].reason)
    await first.run_unit("ping.service")
    ping, pong = await places(cluster, ["ping.service", "pong.service"])
    assert ping == pong


async def test_v36_a_unit_runs_on_the_machine_that_it_names(cluster: Cluster, first: TestMachine) -> None:
    await first.run_unit("full.service", text(f"MachineID={'3' * 32}"))
    await first.run_unit("short.service", text("MachineID=33333333"))
    assert await places(cluster, ["full.service", "short.service"]) == ["3", "3"]


async def test_v37_metadata_of_one_key_are_alternatives_and_of_two_are_both_needed(
    cluster: Cluster, first: TestMachine
) -> None:
    for number in (1, 2):
        await first.run_unit(f"both@{number}.service", text('MachineMetadata="region=a" "disk=ssd"'))
    either = [f"either@{number}.service" for number in (1, 2)]
    for name in either:
        await first.run_unit(name, text("MachineMetadata=region=a", "MachineMetadata=region=b"))
    assert await places(cluster, ["both@1.service", "both@2.service", *either]) == ["1", "1", "2", "3"]


async def test_v39_a_global_unit_starts_stops_and_leaves_everywhere(cluster: Cluster, first: TestMachine) -> None:
    async def rows() -> list[str]:
        states = (await first.request("GET", "/state?unitName=g.service")).body.get("states", [])
        return [state["systemdActiveState"] for state in states]

    await first.run_unit("g.service", text("Global=true"))
    await cluster.eventually(lambda: len(first.daemon.mirror.snapshot.states) == 3)
    assert await places(cluster, ["g.service"]) == ["123"]
    unit = (await first.request("GET", "/units/g.service")).body
    assert (unit["desiredState"], "machineID" in unit) == ("launched", False)
    await first.desire("g.service", "loaded")
    await cluster.eventually(
        lambda: {state.active for state in first.daemon.mirror.snapshot.states.values()} == {"inactive"}
    )
    assert await rows() == ["inactive"] * 3
    await first.desire("g.service", "inactive")
    await cluster.eventually(lambda: not first.daemon.mirror.snapshot.states)
    assert await rows() == []


async def test_v40_a_global_unit_runs_where_its_metadata_are(cluster: Cluster, first: TestMachine) -> None:
    await first.run_unit("g.service", text("Global=true", "MachineMetadata=region=b"))
    await cluster.eventually(lambda: cluster.running("g.service") == ["2", "3"])


async def test_v41_of_two_global_units_in_conflict_the_first_by_name_has_rows(
    cluster: Cluster, first: TestMachine
) -> None:
    for number in (0, 1):
        await first.run_unit(f"cg.{number}.service", text("Global=true", "Conflicts=cg.*.service"))
    await cluster.eventually(lambda: len(first.daemon.mirror.snapshot.states) == 3)
    assert {name for name, _ in first.daemon.mirror.snapshot.states} == {"cg.0.service"}


async def test_b11_engine_and_agents_agree_who_stays_when_a_conflicting_global_unit_arrives(
    cluster: Cluster, first: TestMachine
) -> None:
    await first.run_unit("gc.service", text("Conflicts=g.service"))
    assert await places(cluster, ["gc.service"]) == ["1"]
    await first.run_unit("g.service", text("Global=true"))
    await cluster.eventually(lambda: cluster.running("g.service") == ["2", "3"])
    assert cluster.running("gc.service") == ["1"]
    assert (await first.request("GET", "/units/gc.service")).body["currentState"] == "launched"
    await first.destroy("gc.service")
    await cluster.eventually(lambda: cluster.running("g.service") == ["1", "2", "3"])


async def test_b12_a_unit_that_is_destroyed_and_started_again_is_a_new_process(
    cluster: Cluster, first: TestMachine
) -> None:
    await first.run_unit("a.service")
    assert await places(cluster, ["a.service"]) == ["1"]
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    first.systemd.calls.clear()
    await first.destroy("a.service")
    await first.run_unit("a.service")
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    verbs = [verb for verb, name in first.systemd.calls if name == "a.service" and verb in ("start", "stop", "restart")]
    assert verbs in (["stop", "start"], ["restart"])
