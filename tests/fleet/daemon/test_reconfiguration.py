"""SIGHUP, SIGUSR1, and an address that changes: what a fleetd that runs can be told, and tells."""

import asyncio
import io
import json
import logging
import socket
from dataclasses import replace
from typing import Any

import pytest

from fleet.daemon import addresses
from fleet.daemon.addresses import follow_addresses
from fleet.daemon.config import ConfigError
from fleet.daemon.dump import dump
from tests.fleet.daemon.conftest import EtcdServer
from tests.fleet.daemon.machines import Cluster, TestMachine


@pytest.fixture(autouse=True)
def _verbosity_as_before() -> Any:
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)


async def reload(machine: TestMachine, **changes: Any) -> None:
    machine.config_of_reload = replace(machine.config, **changes)
    await machine.reconfiguration.reload()


def machine_in(reply: Any, machine: TestMachine) -> dict[str, Any]:
    return next(one for one in reply.body["machines"] if one["id"] == machine.id)


async def test_b08_new_metadata_is_visible_at_once_and_running_units_are_left_alone(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    machine, other = await cluster.add(metadata="region=a"), await cluster.add()
    await machine.run_unit("a.service")
    await machine.run_unit("picky.service", "[Service]\nExecStart=/bin/true\n[X-Fleet]\nMachineMetadata=region=b\n")
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    revision = (await other.request("GET", "/machines")).headers["X-Fleet-Revision"]
    waiting = asyncio.ensure_future(other.request("GET", f"/machines?after={revision}"))
    calls = list(machine.systemd.calls)
    caplog.set_level(logging.INFO)

    await reload(machine, metadata={"region": "b"}, public_ip="10.99.0.77")

    reply = await asyncio.wait_for(waiting, 5)
    assert machine_in(reply, machine)["metadata"] == {"region": "b"}
    assert machine_in(reply, machine)["primaryIP"] == "10.99.0.77"
    assert "Reloading configuration" in caplog.text
    assert "Failed serving HTTP on listener:" not in caplog.text
    await cluster.eventually(lambda: cluster.running("picky.service") == ["1"])
    assert [call for call in machine.systemd.calls[len(calls) :] if call[1] == "a.service"] == []
    state = (await other.request("GET", "/state/a.service")).body
    assert (state["systemdActiveState"], cluster.current("a.service")) == ("active", "launched")


async def test_b08_a_machine_that_was_reconfigured_still_leaves_when_it_is_stopped(cluster: Cluster) -> None:
    machine, other = await cluster.add(), await cluster.add()
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service") == ["1"])
    await reload(machine, metadata={"region": "b"})
    machine.systemd.job = "stop"
    await machine.shut_down()
    await cluster.eventually(lambda: cluster.running("a.service") == ["2"])
    assert len((await other.request("GET", "/machines")).body["machines"]) == 1


async def test_states_outlive_the_lease_that_a_new_ttl_replaces(cluster: Cluster) -> None:
    machine = await cluster.add(ttl="2s")
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    before = machine.daemon.presence.lease
    await reload(machine, agent_ttl=60.0)
    await cluster.eventually(lambda: machine.daemon.presence.lease not in (0, before))
    await cluster.eventually(
        lambda: (
            {state.lease for state in machine.daemon.mirror.snapshot.states.values()} == {machine.daemon.presence.lease}
        )
    )
    await asyncio.sleep(2.5)  # the old lease has expired
    assert cluster.current("a.service") == "launched"
    assert machine.id in machine.daemon.mirror.snapshot.machines


async def test_a_configuration_that_cannot_be_followed_changes_nothing(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    machine = await cluster.add(metadata="region=a")
    for changes in ({"etcd_servers": ("ftp://a",)}, {"etcd_cafile": "/nobody/there"}, {"etcd_certfile": "/a"}):
        await reload(machine, metadata={"region": "b"}, **changes)

    def unreadable() -> Any:
        raise ConfigError("fleet.conf:1: nonsense")

    machine.reconfiguration._load = unreadable
    await machine.reconfiguration.reload()
    assert caplog.text.count("the old one stays") == 4
    assert machine_in(await machine.request("GET", "/machines"), machine)["metadata"] == {"region": "a"}
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")


async def test_pages_verbosity_and_the_engine_follow_and_the_rest_says_when(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    machine, other = await cluster.add(), await cluster.add()
    await cluster.eventually(lambda: machine.daemon.election.leadership)
    await machine.submit("a.service")
    await machine.submit("b.service")
    await reload(machine, token_limit=1, verbosity=1, disable_engine=True, etcd_key_prefix="/other/")
    assert len((await machine.request("GET", "/units")).body["units"]) == 1
    assert logging.getLogger().level == logging.DEBUG
    assert "etcd_key_prefix takes effect when fleetd is started anew" in caplog.text
    await cluster.eventually(lambda: other.daemon.election.leadership)
    assert machine.daemon.election.leadership is None
    await other.crash()
    await reload(machine)
    await cluster.eventually(lambda: machine.daemon.election.leadership)
    await other.start()


async def test_a_fence_goes_by_the_ttl_of_its_start(cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    machine = await cluster.add()
    machine.reconfiguration._config = replace(machine.config, fence=True)
    await reload(machine, fence=True, agent_ttl=5.0, metadata={"region": "b"})
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.machines[machine.id].metadata)
    assert "agent_ttl takes effect when fleetd is started anew" in caplog.text
    assert machine.daemon.presence._ttl == 30
    await reload(machine, fence=False, agent_ttl=5.0)
    assert "fence takes effect when fleetd is started anew" in caplog.text


async def test_other_etcd_servers_are_turned_to(fragile: Cluster, own_etcd: EtcdServer) -> None:
    machine = await fragile.add()
    own_etcd.stop()
    own_etcd.move()
    await fragile.eventually(lambda: not machine.daemon.mirror.fresh)
    await reload(machine, etcd_servers=(own_etcd.url,))
    await fragile.eventually(lambda: machine.daemon.mirror.fresh and machine.daemon.presence.lease)
    await machine.run_unit("a.service")


async def test_a_machine_follows_its_address(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = await cluster.add()
    kernel, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    monkeypatch.setattr(addresses, "reports", lambda: ours)
    monkeypatch.setattr("fleet.daemon.reconfiguration.default_address", lambda: "10.99.7.7")
    following = asyncio.ensure_future(follow_addresses(machine.reconfiguration.address_changed))
    for _ in range(5):
        kernel.send(b"an address was added")
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.machines[machine.id].ip == "10.99.7.7")
    await reload(machine, public_ip="10.0.0.1")
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.machines[machine.id].ip == "10.0.0.1")
    machine.reconfiguration.address_changed()
    assert machine.daemon.identity.ip == "10.0.0.1", "the operator has said it"
    following.cancel()
    kernel.close()


def test_the_kernel_can_be_asked_for_reports() -> None:
    addresses.reports().close()


async def test_sigusr1_tells_everything_in_a_line_of_json(cluster: Cluster) -> None:
    machine = await cluster.add(metadata="region=a")
    await machine.run_unit("a.service")
    await machine.run_unit("w.service", "[Service]\nExecStart=/bin/true\n[X-Fleet]\nMachineID=nobody\n")
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.units["w.service"].reason)
    out = io.StringIO()
    dump(machine.daemon, out)
    told = json.loads(out.getvalue())
    assert out.getvalue().count("\n") == 1
    assert (told["machine"]["id"], told["machine"]["metadata"]) == (machine.id, {"region": "a"})
    assert list(told["agent"]["units"]) == ["a.service"]
    assert "MachineID=nobody" in told["registry"]["units"]["w.service"]["unschedulable"]
    assert told["engine"] == {"leads": True, "leader": machine.id}


async def test_a_heartbeat_that_etcd_does_not_answer_is_told_in_fleets_words(
    own_etcd: EtcdServer, fragile: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    machine = await fragile.add(ttl="3s")
    own_etcd.stop()
    words = "Server monitor triggered: Monitor timed out before successful heartbeat"
    await fragile.eventually(lambda: words in caplog.text)
    machine.systemd.job = "stop"
    async with asyncio.timeout(10):
        await machine.shut_down()
    assert caplog.text.count(words) == 1
