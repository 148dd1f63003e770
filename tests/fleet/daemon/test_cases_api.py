"""The cases of fleet's HTTP API, V50 to V58, V70 and B09, each as a script would meet it."""

import json
from typing import Any

import pytest
import pytest_asyncio

from fleet.daemon.api.app import METRICS
from tests.fleet.daemon.machines import SLEEP, Cluster, TestMachine

EXEC = {"section": "Service", "name": "ExecStart", "value": "/bin/sleep 100000"}
OPTIONS = [{"section": "Unit", "name": "Description", "value": "x"}, EXEC, {**EXEC, "name": "ExecStartPre"}]
JSON = {"Content-Type": "application/json"}
LOST = {"error": {"code": 503, "message": "fleet server unable to communicate with etcd"}}


@pytest_asyncio.fixture
async def machine(cluster: Cluster) -> TestMachine:
    return await cluster.add("region=a")


async def test_v50_v51_a_unit_is_created_runs_is_shown_and_is_unloaded(machine: TestMachine, cluster: Cluster) -> None:
    reply = await machine.request("PUT", "/units/x.service", {"options": OPTIONS, "desiredState": "launched"})
    assert (reply.status, reply.body) == (201, None)
    await cluster.eventually(lambda: cluster.current("x.service") == "launched")
    assert (await machine.request("GET", "/units/x.service")).body == {
        "name": "x.service",
        "options": OPTIONS,
        "desiredState": "launched",
        "currentState": "launched",
        "machineID": machine.id,
    }
    reply = await machine.request("PUT", "/units/x.service", {"desiredState": "inactive"})
    assert (reply.status, reply.body) == (204, None)
    await cluster.eventually(lambda: not machine.daemon.agent.held and not machine.daemon.mirror.snapshot.states)


@pytest.mark.parametrize(
    ("name", "body", "headers", "status"),
    [
        ("x.service", "{}", {}, 415),
        ("x.service", "{}", {"Content-Type": "text/plain"}, 415),
        ("x.service", "{", JSON, 400),
        ("x.service", '{"name": "y.service"}', JSON, 400),
        ("x.bogus", "{}", JSON, 400),
        ("x.service", "{}", {"Content-Type": "application/json; charset=utf-8"}, 409),
    ],
)
async def test_v52_a_put_that_cannot_be_is_refused_in_fleets_order(
    machine: TestMachine, name: str, body: str, headers: dict[str, str], status: int
) -> None:
    reply = await machine.raw("PUT", f"/fleet/v1/units/{name}", body, headers)
    assert (reply.status, reply.body["error"]["code"], reply.headers["Content-Type"]) == (
        status,
        status,
        "application/json; charset=utf-8",
    )


async def test_v53_what_exists_is_deleted_once(machine: TestMachine) -> None:
    await machine.submit("x.service")
    for status in (204, 404):
        assert (await machine.request("DELETE", "/units/x.service")).status == status
    reply = await machine.request("GET", "/units/x.service")
    assert (reply.status, reply.body) == (404, {"error": {"code": 404, "message": "unit does not exist"}})


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("POST", "/fleet/v1/units", 405, "only GET supported against this resource"),
        ("POST", "/fleet/v1/units/x.service", 405, "only GET, PUT and DELETE supported against this resource"),
        ("POST", "/fleet/v1/machines", 405, "only GET and PATCH supported against this resource"),
        ("POST", "/fleet/v1/state", 405, "only GET supported against this resource"),
        ("GET", "/", 405, None),
        ("GET", "/fleet/v1", 405, None),
        ("GET", "/nope", 404, None),
        ("GET", "/fleet/v1/machines/1234", 404, None),
        ("PUT", "/fleet/v1/discovery", 400, None),
    ],
)
async def test_v54_what_there_is_not_says_so(
    machine: TestMachine, method: str, path: str, status: int, message: str | None
) -> None:
    reply = await machine.raw(method, path)
    assert (reply.status, reply.body["error"]["code"]) == (status, status)
    assert message in (None, reply.body["error"]["message"])


async def test_v55_states_have_six_fields_and_two_filters(machine: TestMachine, cluster: Cluster) -> None:
    others = [await cluster.add(), await cluster.add()]
    await machine.run_unit("g.service", SLEEP + "\n[X-Fleet]\nGlobal=true\n")
    await cluster.eventually(lambda: len(cluster.running("g.service")) == 3)
    await cluster.eventually(lambda: len(machine.daemon.mirror.snapshot.states) == 3)
    await cluster.eventually(lambda: all(one.launched for one in machine.daemon.mirror.snapshot.states.values()))
    found = (await machine.request("GET", "/state?unitName=g.service")).body["states"]
    assert [one["machineID"] for one in found] == [machine.id, *(other.id for other in others)]
    (one,) = (await machine.request("GET", f"/state?unitName=g.service&machineID={others[0].id}")).body["states"]
    assert one.keys() == {
        "name",
        "hash",
        "machineID",
        "systemdLoadState",
        "systemdActiveState",
        "systemdSubState",
    }
    assert len(one["hash"]) == 40


async def test_v56_the_alias_answers_the_same(machine: TestMachine) -> None:
    one, other = (
        await machine.raw("GET", "/fleet/v1/machines"),
        await machine.raw("GET", "/v1-alpha/machines"),
    )
    assert one.body == other.body
    for reply in (one, other):
        assert reply.headers["Server"].startswith("fleetd/")
        assert reply.headers["Content-Type"].startswith("application/json")


async def test_v57_discovery_is_a_valid_document(machine: TestMachine) -> None:
    document = (await machine.request("GET", "/discovery")).body
    assert (document["id"], document["rootUrl"]) == ("fleet:v1", "$ENDPOINT/")
    assert document["resources"].keys() == {"Machines", "Units", "UnitState"}
    names = {"Machine", "MachinePage", "UnitOption", "Unit", "UnitPage", "UnitState", "UnitStatePage"}
    assert document["schemas"].keys() == names


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"op": "test", "path": "/m/metadata/k", "value": {"value": "x"}}, "invalid op: test"),
        ({"op": "add", "path": "/m/k", "value": {"value": "x"}}, "machine metadata path invalid"),
        ({"op": "add", "path": "/m/metadata/a b", "value": {"value": "x"}}, "machine metadata path invalid"),
        ({"op": "add", "path": "/m/metadata/k"}, "invalid value: None"),
        ({"op": "add", "path": "/m/metadata/k", "value": "x"}, "invalid value: x"),
        ({"op": "add", "path": "/m/metadata/k", "value": {"value": 5}}, "invalid value: {'value': 5}"),
    ],
)
async def test_v58_no_operation_of_a_bad_patch_is_applied(machine: TestMachine, bad: Any, message: str) -> None:
    good = {"op": "add", "path": f"/{machine.id}/metadata/zone", "value": {"value": "z"}}
    reply = await machine.request("PATCH", "/machines", [good, bad])
    assert (reply.status, reply.body["error"]["message"]) == (400, message)
    assert (await machine.request("GET", "/machines")).body["machines"][0]["metadata"] == {"region": "a"}


async def test_metadata_that_was_patched_outlasts_reboots_and_may_precede_the_machine(cluster: Cluster) -> None:
    machine = await cluster.add("region=a", ttl="2s")
    changes = [
        {"op": "replace", "path": f"/{machine.id}/metadata/region", "value": {"value": "b"}},
        {"op": "add", "path": f"/{'2' * 32}/metadata/zone", "value": {"value": "z"}},
    ]
    assert (await machine.raw("PATCH", "/fleet/v1/machines", json.dumps(changes))).status == 204
    await machine.reboot()
    await cluster.eventually(lambda: machine.daemon.presence.lease and machine.daemon.mirror.fresh)
    await cluster.add()
    shown = (await machine.request("GET", "/machines")).body["machines"]
    assert [one["metadata"] for one in shown] == [{"region": "b"}, {"zone": "z"}]


async def test_v70_a_fleetd_that_never_reached_etcd_says_so_on_every_path(cluster: Cluster) -> None:
    cluster._etcd = "http://127.0.0.1:9"
    machine = cluster.prepare()
    await machine.start()
    paths = ("/", "/fleet/v1", "/fleet/v1/units", "/fleet/v1/units/a.service", "/v1-alpha/machines", "/nope")
    for path in paths:
        reply = await machine.raw("GET", path)
        assert (reply.status, reply.body) == (503, LOST)
    for method, path in (("PUT", "/fleet/v1/units/a.service"), ("PATCH", "/fleet/v1/machines"), ("POST", "/nope")):
        assert (await machine.raw(method, path)).body == LOST
    assert METRICS not in paths, "it is for the operator, who looks just then"


async def test_b09_states_that_do_not_exist_and_templates_that_cannot_run(machine: TestMachine) -> None:
    reply = await machine.request("GET", "/state/absent.service")
    assert (reply.status, reply.body["error"]["message"]) == (404, "unit state does not exist")
    await machine.submit("a.service")
    assert (await machine.request("PUT", "/units/a.service", {"desiredState": "bogus"})).status == 400
    assert (await machine.request("GET", "/units/a.service")).body["desiredState"] == "inactive"
    await machine.submit("t@.service")
    for body in ({"desiredState": "launched"}, {"options": [EXEC], "desiredState": "launched"}):
        reply = await machine.request("PUT", "/units/t@.service", body)
        assert (reply.status, reply.body["error"]["message"]) == (400, 'cannot activate template "t@.service"')
    assert (await machine.request("DELETE", "/units/t@.service")).status == 204


async def test_a_changed_text_replaces_and_a_bad_one_does_not(machine: TestMachine) -> None:
    await machine.submit("a.service", SLEEP, "loaded")
    changed = [{**EXEC, "value": "/bin/sleep 5"}]
    assert (await machine.request("PUT", "/units/a.service", {"options": changed})).status == 201
    unit = (await machine.request("GET", "/units/a.service")).body
    assert (unit["options"], unit["desiredState"]) == (changed, "inactive"), (
        "as upstream, without a state it is inactive"
    )
    clash = [EXEC, *({"section": "X-Fleet", "name": name, "value": "true"} for name in ("Global", "Replaces"))]
    reply = await machine.request("PUT", "/units/a.service", {"options": clash, "desiredState": "loaded"})
    assert (reply.status, reply.body["error"]["message"]) == (400, "Global cannot be used with Replaces")


async def test_a_unit_of_a_type_that_no_agent_runs_is_kept_and_says_why_it_waits(
    machine: TestMachine, cluster: Cluster
) -> None:
    reply = await machine.request("PUT", "/units/x.target", {"options": OPTIONS[:1], "desiredState": "launched"})
    assert reply.status == 201
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.units["x.target"].reason)
    unit = (await machine.request("GET", "/units/x.target")).body
    assert unit["unschedulable"] == "fleet runs no units of type target"
    assert "machineID" not in unit
    assert machine.systemd.calls == []
