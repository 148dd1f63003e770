"""Many requests at once: what single ones would do, all or nothing, in one transaction."""

from typing import Any

import pytest
import pytest_asyncio

from fleet.daemon.batch import MOST
from fleet.daemon.engine import MAX_UNITS
from fleet.daemon.etcd import Unavailable
from fleet.daemon.registry import Registry
from tests.fleet.daemon.machines import Cluster, TestMachine

OPTIONS = [{"section": "Service", "name": "ExecStart", "value": "/bin/sleep 9"}]


@pytest_asyncio.fixture
async def machine(cluster: Cluster) -> TestMachine:
    return await cluster.add()


def entity(name: str, state: str = "launched", **fields: Any) -> dict[str, Any]:
    return {"name": name, "options": OPTIONS, "desiredState": state, **fields}


async def test_units_are_made_changed_and_destroyed_together(cluster: Cluster, machine: TestMachine) -> None:
    await machine.run_unit("old.service")
    await machine.submit("b.service")
    wanted = {"units": [entity("a.service"), {"name": "b.service", "desiredState": "launched"}]}
    before = machine.daemon.mirror.snapshot.revision
    reply = await machine.request("POST", "/batch", wanted | {"destroy": ["old.service", "never.service"]})
    assert (reply.status, reply.body) == (200, {"destroyed": ["old.service"]})
    units = machine.daemon.mirror.snapshot.units
    assert {name: unit.desired for name, unit in units.items()} == {"a.service": "launched", "b.service": "launched"}
    assert {unit.request for unit in units.values()} == {max(unit.request for unit in units.values())}
    assert min(unit.request for unit in units.values()) > before
    await cluster.eventually(lambda: cluster.running("a.service") and cluster.running("b.service"))


async def test_a_machine_that_learns_of_many_units_together_reloads_systemd_once(
    cluster: Cluster, machine: TestMachine
) -> None:
    names = [f"s@{number}.service" for number in range(MAX_UNITS)]  # so many are placed together
    assert (await machine.request("POST", "/batch", {"units": [entity(name) for name in names]})).status == 200
    await cluster.eventually(lambda: all(cluster.running(name) for name in names))
    assert machine.systemd.count("reload", "") == 1


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (entity("b.bogus"), 400),
        (entity("b@.service"), 400),
        (entity("b.service", "bogus"), 400),
        ({"name": "b.service", "desiredState": "launched"}, 409),
        (entity("a.service"), 400),
        ({"options": OPTIONS}, 400),
        ("b.service", 400),
    ],
)
async def test_if_one_is_refused_none_is_done(machine: TestMachine, last: Any, status: int) -> None:
    reply = await machine.request("POST", "/batch", {"units": [entity("a.service"), last]})
    assert (reply.status, reply.body["error"]["code"]) == (status, status)
    assert machine.daemon.mirror.snapshot.units == {}


@pytest.mark.parametrize("body", [{"units": "a"}, {"destroy": [1]}, {"destroy": "a.service"}, [], 7, {"units": [[]]}])
async def test_what_is_no_batch_is_refused(machine: TestMachine, body: Any) -> None:
    assert (await machine.request("POST", "/batch", body)).status == 400


async def test_more_than_fit_in_a_transaction_are_refused(machine: TestMachine) -> None:
    units = [entity(f"s@{number}.service") for number in range(MOST + 1)]
    assert (await machine.request("POST", "/batch", {"units": units})).status == 400
    assert (await machine.request("GET", "/batch")).status == 405


async def test_a_destroy_whose_answer_was_lost_is_told_as_done(
    machine: TestMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await machine.submit("a.service")
    lost = []
    request = Registry._request

    async def lose_first(self: Registry, *arguments: Any) -> None:
        await request(self, *arguments)
        if not lost:
            lost.append(self)
            raise Unavailable("no answer in time")

    monkeypatch.setattr(Registry, "_request", lose_first)
    reply = await machine.request("POST", "/batch", {"destroy": ["a.service"]})
    assert (lost != [], reply.status, reply.body) == (True, 200, {"destroyed": ["a.service"]})
