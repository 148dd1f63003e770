"""The HTTP API, version 1, on a real registry."""

import asyncio
import json
from typing import Any

import pytest
import pytest_asyncio

from fleet.daemon.entities import Unit
from fleet.daemon.etcd import Unavailable
from tests.fleet.daemon.machines import SLEEP, Cluster, TestMachine

OPTIONS = [{"section": "Service", "name": "ExecStart", "value": "/bin/sleep 100000"}]
CLASHING = [*OPTIONS, {"section": "X-Fleet", "name": "MachineID", "value": "a"}]
CLASHING += [{"section": "X-Fleet", "name": "Global", "value": "true"}]
JSON = {"Content-Type": "application/json"}


@pytest_asyncio.fixture
async def machine(cluster: Cluster) -> TestMachine:
    return await cluster.add(metadata="region=a,disk=ssd")


async def test_a_new_unit_is_201_with_an_empty_body_and_an_existing_one_204(machine: TestMachine) -> None:
    created = await machine.request("PUT", "/units/x.service", {"options": OPTIONS})
    assert (created.status, created.body) == (201, None)
    same = await machine.request("PUT", "/units/x.service", {"options": OPTIONS, "desiredState": "loaded"})
    assert (same.status, same.body) == (204, None)
    unit = (await machine.request("GET", "/units/x.service")).body
    assert (unit["name"], unit["options"], unit["desiredState"]) == ("x.service", OPTIONS, "loaded")


async def test_options_keep_the_order_in_which_they_came(machine: TestMachine) -> None:
    options = [
        {"section": "Service", "name": "ExecStart", "value": "/bin/true"},
        {"section": "Unit", "name": "Description", "value": "mixed"},
        {"section": "Service", "name": "ExecStop", "value": "/bin/true"},
    ]
    await machine.request("PUT", "/units/x.service", {"options": options})
    assert (await machine.request("GET", "/units/x.service")).body["options"] == options


@pytest.mark.parametrize(
    ("body", "headers", "status", "message"),
    [
        ({"options": OPTIONS}, {}, 415, "only application/json is supported"),
        ("{", JSON, 400, "unable to decode body"),
        ([1], JSON, 400, "unable to decode body"),
        ({"name": "y.service", "options": OPTIONS}, JSON, 400, "differs from unit name in request body"),
        ({}, JSON, 409, "unit does not exist and options field empty"),
        ({"desiredState": "launched"}, JSON, 409, "unit does not exist and options field empty"),
        ({"options": OPTIONS, "desiredState": "bogus"}, JSON, 400, 'invalid state "bogus"'),
        ({"options": [{"section": "Unit", "name": 5}]}, JSON, 400, "unable to decode body"),
        ({"options": [{**OPTIONS[0], "value": "\udc80"}]}, JSON, 400, "an option is not UTF-8"),
        ({"options": CLASHING}, JSON, 400, "MachineID cannot be used with Global"),
    ],
)
async def test_a_bad_put_is_refused_and_leaves_nothing(
    machine: TestMachine, body: Any, headers: dict[str, str], status: int, message: str
) -> None:
    if isinstance(body, str):
        reply = await machine.raw("PUT", "/fleet/v1/units/x.service", body, headers)
    else:
        reply = await machine.raw("PUT", "/fleet/v1/units/x.service", json.dumps(body), headers)
    assert reply.status == status
    assert reply.body["error"]["code"] == status
    assert message in reply.body["error"]["message"]
    assert (await machine.request("GET", "/units")).body == {}


async def test_bad_names_are_refused(machine: TestMachine) -> None:
    for name in ("x.bogus", "noextension", "@a.service", "a+b.service"):
        assert (await machine.request("PUT", f"/units/{name}", {"options": OPTIONS})).status == 400


async def test_an_existing_unit_needs_a_state_that_exists(machine: TestMachine) -> None:
    await machine.submit("x.service")
    without = await machine.request("PUT", "/units/x.service", {"options": OPTIONS})
    assert (without.status, without.body["error"]["message"]) == (
        409,
        "must provide DesiredState to update existing unit",
    )
    assert (await machine.request("PUT", "/units/x.service", {"desiredState": "bogus"})).status == 400
    assert (await machine.request("GET", "/units/x.service")).body["desiredState"] == "inactive"


async def test_a_template_cannot_be_activated_not_even_at_its_creation(machine: TestMachine) -> None:
    for body in ({"options": OPTIONS, "desiredState": "launched"}, {"options": OPTIONS}, {"desiredState": "loaded"}):
        reply = await machine.request("PUT", "/units/t@.service", body)
        if body.get("desiredState"):
            assert reply.status == 400
            assert reply.body["error"]["message"] == 'cannot activate template "t@.service"'


async def test_absent_units_and_states_are_404(machine: TestMachine) -> None:
    for method, path, message in (
        ("GET", "/units/x.service", "unit does not exist"),
        ("DELETE", "/units/x.service", "unit does not exist"),
        ("GET", "/state/x.service", "unit state does not exist"),
    ):
        reply = await machine.request(method, path)
        assert (reply.status, reply.body["error"]["message"]) == (404, message)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/fleet/v1/units", 405),
        ("POST", "/fleet/v1/units/x.service", 405),
        ("GET", "/", 405),
        ("GET", "/fleet/v1", 405),
        ("GET", "/nope", 404),
        ("GET", "/fleet/v1/units/", 404),
        ("GET", "/fleet/v1/machines/1234", 404),
        ("DELETE", "/fleet/v1/machines", 405),
        ("POST", "/fleet/v1/state", 405),
        ("POST", "/fleet/v1/discovery", 400),
    ],
)
async def test_what_is_not_there_says_so(machine: TestMachine, method: str, path: str, status: int) -> None:
    reply = await machine.raw(method, path)
    assert reply.status == status
    assert reply.body["error"]["code"] == status
    assert reply.headers["Server"].startswith("fleetd/")


async def test_the_old_base_path_answers_the_same(machine: TestMachine) -> None:
    new, old = await machine.request("GET", "/machines"), await machine.raw("GET", "/v1-alpha/machines")
    assert new.body == old.body
    expected = {"id": machine.id, "primaryIP": "10.99.0.1", "metadata": {"region": "a", "disk": "ssd"}}
    assert new.body == {"machines": [expected]}
    assert new.headers["Content-Type"].startswith("application/json")


async def test_discovery_describes_the_api(machine: TestMachine) -> None:
    document = (await machine.request("GET", "/discovery")).body
    assert document["id"] == "fleet:v1"
    assert {"Machines", "Units", "UnitState"} == set(document["resources"])
    assert {"Machine", "Unit", "UnitOption", "UnitStatePage"} <= set(document["schemas"])


async def test_long_lists_come_in_pages_of_a_hundred(machine: TestMachine) -> None:
    for number in range(100):
        await machine.submit(f"u{number:03}.service")
    first = (await machine.request("GET", "/units")).body
    assert len(first["units"]) == 100
    assert first["nextPageToken"] == "ZAACAA=="
    assert (await machine.request("GET", "/units?nextPageToken=ZAACAA==")).body == {}


@pytest.mark.parametrize("query", ["x", "%C3%A9", "ZAACAA==&nextPageToken=ZAACAA==", "ZAAAAA==", "ZQABAA==", "ZAAC"])
async def test_bad_page_tokens_are_refused(machine: TestMachine, query: str) -> None:
    assert (await machine.request("GET", f"/units?nextPageToken={query}")).status == 400


async def test_metadata_is_patched_and_hidden(machine: TestMachine, cluster: Cluster) -> None:
    async def metadata() -> dict[str, str]:
        return dict((await machine.request("GET", "/machines")).body["machines"][0].get("metadata", {}))

    change = [{"op": "add", "path": f"/{machine.id}/metadata/zone", "value": {"value": "z"}}]
    change += [{"op": "remove", "path": f"/{machine.id}/metadata/region"}]
    assert (await machine.request("PATCH", "/machines", change)).status == 204
    assert await metadata() == {"disk": "ssd", "zone": "z"}


@pytest.mark.parametrize(
    "bad",
    [
        {"op": "test", "path": "/m/metadata/k", "value": {"value": "x"}},
        {"op": "add", "path": "/m/k", "value": {"value": "x"}},
        {"op": "add", "path": "/m/metadata/k"},
        {"op": "add", "path": "/m/metadata/k", "value": "x"},
        {"op": "add", "path": "/m/metadata/k", "value": {"value": "\udc80"}},
    ],
)
async def test_a_bad_patch_changes_nothing(machine: TestMachine, bad: dict[str, Any]) -> None:
    good = {"op": "add", "path": f"/{machine.id}/metadata/zone", "value": {"value": "z"}}
    assert (await machine.request("PATCH", "/machines", [good, bad])).status == 400
    assert "zone" not in (await machine.request("GET", "/machines")).body["machines"][0]["metadata"]


async def test_a_patch_of_more_than_etcd_takes_at_once_is_refused(machine: TestMachine) -> None:
    def patch(count: int) -> list[dict[str, Any]]:
        path = f"/{machine.id}/metadata/k"
        return [{"op": "add", "path": f"{path}{number}", "value": {"value": "x"}} for number in range(count)]

    assert (await machine.request("PATCH", "/machines", patch(100))).status == 204
    assert (await machine.request("PATCH", "/machines", patch(101))).status == 400


async def test_states_are_filtered_by_unit_and_machine(machine: TestMachine, cluster: Cluster) -> None:
    other = await cluster.add()
    await machine.run_unit("g.service", SLEEP + "\n[X-Fleet]\nGlobal=true\n")
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: len(machine.daemon.mirror.snapshot.states) == 3)

    async def machines_of(query: str) -> list[str]:
        states = (await machine.request("GET", f"/state?{query}")).body.get("states", [])
        return [state["machineID"][0] for state in states]

    assert await machines_of("unitName=g.service") == ["1", "2"]
    assert await machines_of(f"unitName=g.service&machineID={other.id}") == ["2"]
    assert await machines_of("unitName=nobody.service") == []


async def test_what_one_machine_answered_every_machine_shows(machine: TestMachine, cluster: Cluster) -> None:
    other = await cluster.add()
    for number in range(30):
        await machine.submit(f"u{number}.service")
        assert (await other.request("GET", f"/units/u{number}.service")).status == 200
        await other.destroy(f"u{number}.service")
        assert (await machine.request("GET", f"/units/u{number}.service")).status == 404


async def test_a_client_waits_for_the_next_change_without_asking_again(machine: TestMachine) -> None:
    await machine.submit("a.service")
    before = await machine.request("GET", "/units")
    revision = before.headers["X-Fleet-Revision"]
    held = asyncio.ensure_future(machine.request("GET", f"/units?after={revision}&wait=20"))
    done, _ = await asyncio.wait({held}, timeout=0.3)
    assert not done
    await machine.submit("b.service")
    after = await asyncio.wait_for(held, 2)
    assert int(after.headers["X-Fleet-Revision"]) > int(revision)
    assert [unit["name"] for unit in after.body["units"]] == ["a.service", "b.service"]


async def test_a_wait_without_a_change_ends_with_what_there_is(machine: TestMachine) -> None:
    revision = (await machine.request("GET", "/units")).headers["X-Fleet-Revision"]
    reply = await machine.request("GET", f"/units?after={revision}&wait=0.1")
    assert (reply.status, reply.headers["X-Fleet-Revision"]) == (200, revision)
    assert (await machine.request("GET", "/units?after=soon")).status == 400


async def test_requests_that_meet_are_all_carried_out(machine: TestMachine, cluster: Cluster) -> None:
    other = await cluster.add()
    await machine.submit("a.service")
    replies = await asyncio.gather(
        *(one.request("PUT", "/units/a.service", {"desiredState": "loaded"}) for one in (machine, other) * 5)
    )
    assert [reply.status for reply in replies] == [204] * 10


async def test_a_unit_that_another_machine_has_just_destroyed_does_not_exist(
    machine: TestMachine, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await cluster.add()
    await machine.submit("a.service")
    destroy = machine.daemon.registry.destroy

    async def too_late(unit: Unit) -> None:
        await other.destroy(unit.name)
        await destroy(unit)

    monkeypatch.setattr(machine.daemon.registry, "destroy", too_late)
    assert (await machine.request("DELETE", "/units/a.service")).status == 404


async def test_a_unit_that_was_destroyed_although_etcds_answer_was_lost_is_destroyed(
    machine: TestMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await machine.submit("a.service")
    destroy = machine.daemon.registry.destroy

    async def unheard(unit: Unit) -> None:
        await destroy(unit)
        raise Unavailable("the answer is lost")

    monkeypatch.setattr(machine.daemon.registry, "destroy", unheard)
    assert (await machine.request("DELETE", "/units/a.service")).status == 204


@pytest.mark.parametrize("state", ["", "launched"])
async def test_a_unit_that_was_made_although_etcds_answer_was_lost_is_made(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    machine = await cluster.add()
    registry, lost = machine.daemon.registry, []
    request = registry._request

    async def lose_first(*arguments: Any) -> None:
        is_first = not lost
        lost.append(arguments)  # before it is asked: on a busy host etcd's answer may really be lost
        await request(*arguments)
        if is_first:
            raise Unavailable("the answer is lost")

    monkeypatch.setattr(registry, "_request", lose_first)
    for text in ("/bin/true", "/bin/false"):
        lost.clear()
        options = [{"section": "Service", "name": "ExecStart", "value": text}]
        body = {"options": options, "desiredState": state}
        assert (await machine.request("PUT", "/units/a.service", body)).status == 201
        assert lost
