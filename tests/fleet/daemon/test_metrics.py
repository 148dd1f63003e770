"""`/metrics`: what an operator watches."""

import re
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from tests.fleet.daemon.conftest import EtcdServer
from tests.fleet.daemon.machines import Cluster, TestMachine

SAMPLE = re.compile(r'([a-z_]+)((?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})?) (-?[0-9.e+]+)')


async def scrape(machine: TestMachine, method: str = "GET") -> tuple[int, str, str]:
    connector = aiohttp.UnixConnector(str(machine.socket))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.request(method, "http://fleet/metrics") as reply,
    ):
        return reply.status, reply.headers["Content-Type"], await reply.text()


async def metrics(machine: TestMachine) -> Mapping[str, float]:
    status, kind, text = await scrape(machine)
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    found: dict[str, float] = {}
    described: set[str] = set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            described.add(line.split()[2])
        elif not line.startswith("#"):
            sample = SAMPLE.fullmatch(line)
            assert sample is not None, line
            assert sample[1] in described
            found[sample[1] + sample[2]] = float(sample[3])
    return found


async def test_the_cluster_the_engine_and_the_machine_are_counted(cluster: Cluster) -> None:
    machine, other = await cluster.add(), await cluster.add()
    await machine.run_unit("a.service")
    await machine.run_unit("b.service")
    await machine.submit("c.service")
    await machine.run_unit("w.service", "[Service]\nExecStart=/bin/true\n[X-Fleet]\nMachineID=nobody\n")
    await cluster.eventually(lambda: {cluster.current(name) for name in ("a.service", "b.service")} == {"launched"})
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.units["w.service"].reason)
    told = await metrics(machine)
    assert told["fleet_registry_connected"] == told["fleet_agent_registered"] == 1
    assert told["fleet_registry_machines"] == 2
    assert (told['fleet_registry_units{desired="launched"}'], told['fleet_registry_units{desired="inactive"}']) == (
        3,
        1,
    )
    assert told["fleet_engine_unschedulable_units"] == 1
    assert told['fleet_agent_units{state="launched"}'] == 1
    assert told["fleet_engine_leader"] + (await metrics(other))["fleet_engine_leader"] == 1
    assert told['fleet_registry_requests_total{operation="Txn"}'] > 0
    assert told["fleet_registry_sent_bytes_total"] > 100
    assert told["fleet_registry_received_bytes_total"] > 100
    assert told['fleet_api_requests_total{method="PUT",code="201"}'] == 4
    assert told["process_resident_memory_bytes"] > 1e6
    manual = (Path(__file__).parents[3] / "docs/fleetd.md").read_text()
    assert [name for name in told if f"`{name.partition('{')[0]}" not in manual] == []


async def test_they_are_told_also_while_etcd_is_away_which_is_when_they_are_wanted(
    fragile: Cluster, own_etcd: EtcdServer
) -> None:
    machine = await fragile.add()
    own_etcd.stop()
    await fragile.eventually(lambda: not machine.daemon.mirror.fresh)
    told = await metrics(machine)
    assert told["fleet_registry_connected"] == 0
    await fragile.eventually(lambda: sum(machine.daemon.etcd.requests.failed.values()) > 0)


async def test_they_are_only_read(cluster: Cluster) -> None:
    status, _, text = await scrape(await cluster.add(), "POST")
    assert (status, "only GET supported against this resource" in text) == (405, True)


async def test_methods_that_clients_make_up_are_counted_as_one(cluster: Cluster) -> None:
    machine = await cluster.add()
    for method in ("PROPFIND", "PURGE", "OPTIONS"):
        await scrape(machine, method)
    told = await metrics(machine)
    asked = {name: count for name, count in told.items() if name.startswith("fleet_api_requests_total")}
    counter = "fleet_api_requests_total"
    assert asked == {f'{counter}{{method="other",code="405"}}': 2, f'{counter}{{method="OPTIONS",code="405"}}': 1}
