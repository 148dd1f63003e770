"""The HTTP API, version 1: V50 to V58."""

from __future__ import annotations

from typing import Any

import pytest

from cluster.errors import CommandFailed
from tests.functional.lab import Lab
from tests.functional.node import Reply

UNITS = "/fleet/v1/units"
X = f"{UNITS}/x.service"
OPTIONS = [
    {"section": "Service", "name": "ExecStart", "value": "/bin/sleep 100000"},
    {"section": "Unit", "name": "Description", "value": "by the API"},
    {"section": "Service", "name": "Environment", "value": "A=1"},
]


def put_x(lab: Lab, state: str = "launched") -> Reply:
    return lab.n1.api("PUT", X, {"name": "x.service", "desiredState": state, "options": OPTIONS})


def test_v50_put_makes_a_unit_and_get_shows_it(lab: Lab) -> None:
    made = put_x(lab)
    assert (made.status, made.body) == (201, "")
    lab.wait_active("x.service")
    shown = lab.wait("it is launched", lambda: _launched(lab))
    assert shown["name"] == "x.service"
    assert shown["options"] == OPTIONS
    assert shown["desiredState"] == "launched"
    assert shown["machineID"] == lab.n1.id


def _launched(lab: Lab) -> Any:
    shown = lab.n2.api("GET", X).json
    return shown if shown.get("currentState") == "launched" else None


def test_v51_put_of_a_state_changes_it(lab: Lab) -> None:
    put_x(lab)
    lab.wait_active("x.service")
    changed = lab.n1.api("PUT", X, {"desiredState": "inactive"})
    assert (changed.status, changed.body) == (204, "")
    lab.wait_units()
    assert lab.n1.files() == set()


@pytest.mark.parametrize(
    ("path", "body", "kind", "status"),
    [
        (X, {"options": OPTIONS}, None, 415),
        (X, {"options": OPTIONS}, "text/plain", 415),
        (X, "{", "application/json", 400),
        (X, {"name": "y.service", "options": OPTIONS}, "application/json", 400),
        (f"{UNITS}/x.bogus", {"options": OPTIONS}, "application/json", 400),
    ],
)
def test_v52_what_cannot_be_put_is_refused(lab: Lab, path: str, body: Any, kind: str | None, status: int) -> None:
    refused = lab.n1.api("PUT", path, body, kind=kind)
    assert refused.status == status
    assert refused.error[0] == status
    assert lab.api_units() == {}


def test_v53_delete_and_get_say_what_is_not_there(lab: Lab) -> None:
    put_x(lab, "inactive")
    deleted = lab.n1.api("DELETE", X)
    assert (deleted.status, deleted.body) == (204, "")
    assert lab.n1.api("DELETE", X).error == (404, "unit does not exist")
    assert lab.n1.api("GET", X).error == (404, "unit does not exist")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", UNITS, 405),
        ("POST", X, 405),
        ("GET", "/", 405),
        ("GET", "/fleet/v1", 405),
        ("GET", "/nope", 404),
        ("GET", "/fleet/v1/machines/11111111aaaa0000000000000000000a", 404),
        ("GET", f"{X}/", 404),
    ],
)
def test_v54_paths_and_methods_that_there_are_not(lab: Lab, method: str, path: str, status: int) -> None:
    refused = lab.n1.api(method, path, {} if method == "POST" else None)
    assert refused.status == status
    assert refused.error[0] == status


def test_v55_states_can_be_asked_for_by_unit_and_machine(lab: Lab) -> None:
    lab.good("start g b1")
    lab.wait("all run", lambda: sum(map(len, lab.where().values())) == 4)
    states = lab.n1.api("GET", "/fleet/v1/state?unitName=g.service").json["states"]
    assert [one["machineID"] for one in states] == [node.id for node in lab.nodes]
    (state,) = lab.n1.api("GET", f"/fleet/v1/state?unitName=g.service&machineID={lab.n2.id}").json["states"]
    expected = {"name": "g.service", "machineID": lab.n2.id, "systemdLoadState": "loaded"}
    expected |= {"systemdActiveState": "active", "systemdSubState": "running", "hash": state["hash"]}
    assert state == expected
    assert len(state["hash"]) == 40


def test_v56_the_alpha_path_is_the_same_api_and_says_who_answers(lab: Lab) -> None:
    alpha, first = (lab.n1.api("GET", f"{base}/machines") for base in ("/v1-alpha", "/fleet/v1"))
    assert (alpha.status, alpha.body) == (first.status, first.body)
    assert first.headers["server"].startswith("fleetd/")
    assert first.headers["content-type"].startswith("application/json")
    machines = [(one["id"], one["primaryIP"], one["metadata"]) for one in first.json["machines"]]
    assert machines == [(node.id, node.ip, node.metadata) for node in lab.nodes]


def test_v57_the_api_describes_itself(lab: Lab) -> None:
    reply = lab.n1.api("GET", "/fleet/v1/discovery")
    assert (reply.status, reply.json["id"]) == (200, "fleet:v1")
    assert reply.json["schemas"]
    assert {"Machines", "Units", "UnitState"} <= reply.json["resources"].keys()
    assert lab.n1.api("POST", "/fleet/v1/discovery", {}).status == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"op": "test", "path": "/ID/metadata/k", "value": {"value": "v"}},
        {"op": "add", "path": "/ID/k", "value": {"value": "v"}},
        {"op": "add", "path": "/ID/metadata/k"},
        {"op": "add", "path": "/ID/metadata/k", "value": "v"},
    ],
    ids=lambda change: str(change["op"]) + str(change["path"]),
)
def test_v58_one_wrong_change_of_metadata_and_none_is_made(lab: Lab, wrong: dict[str, Any]) -> None:
    before = lab.machines()
    right = {"op": "add", "path": f"/{lab.n1.id}/metadata/new", "value": {"value": "x"}}
    change = wrong | {"path": wrong["path"].replace("ID", lab.n1.id)}
    refused = lab.n1.api("PATCH", "/fleet/v1/machines", [right, change])
    assert (refused.status, refused.error[0]) == (400, 400)
    assert refused.headers["content-type"].startswith("application/json")
    assert lab.machines() == before


def test_metadata_is_added_replaced_and_removed(lab: Lab) -> None:
    path = f"/{lab.n1.id}/metadata"
    more = [
        {"op": "add", "path": f"{path}/foo", "value": {"value": "bar"}},
        {"op": "replace", "path": f"{path}/disk", "value": {"value": "tape"}},
    ]
    done = lab.n1.api("PATCH", "/fleet/v1/machines", more)
    assert (done.status, done.body) == (204, "")
    assert done.headers["content-type"].startswith("application/json")
    assert lab.machines(on=lab.n3)[0].split()[2] == "disk=tape,foo=bar,region=a"
    less = [{"op": "remove", "path": f"{path}/{key}"} for key in ("foo", "region", "absent")]
    assert lab.n1.api("PATCH", "/fleet/v1/machines", less).status == 204
    assert lab.machines()[0].split()[2] == "disk=tape"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("nextPageToken=EwBMAA==", "token limit must be 100"),
        ("nextPageToken=ZAAAAA==", ""),
        ("nextPageToken=ZAACAA==&nextPageToken=ZAACAA==", "too many values for page token"),
        ("nextPageToken=*", ""),
    ],
)
def test_page_tokens_that_are_wrong_are_refused(lab: Lab, query: str, words: str) -> None:
    refused = lab.n1.api("GET", f"/fleet/v1/machines?{query}")
    assert refused.status == 400
    assert words in refused.error[1]
    assert refused.headers["content-type"].startswith("application/json")


def test_lists_come_in_pages_of_a_hundred(lab: Lab) -> None:
    lab.write("s@.service", "[Service]\nExecStart=/bin/true\n")
    lab.good("submit s@.service")
    lab.good("submit s@{101..250}.service")
    first = lab.n1.api("GET", UNITS).json
    assert (len(first["units"]), first["nextPageToken"]) == (100, "ZAACAA==")
    second = lab.n1.api("GET", f"{UNITS}?nextPageToken=ZAACAA==").json
    assert (len(second["units"]), second.keys()) == (51, {"units"})
    assert lab.n1.api("GET", f"{UNITS}?nextPageToken=ZAADAA==").json == {}
    assert len(lab.files()) == 151


def test_a_reply_is_json_or_nothing_whatever_is_asked(lab: Lab) -> None:
    for method, path in (("GET", UNITS), ("GET", "/nope"), ("DELETE", X), ("PATCH", UNITS)):
        try:
            reply = lab.n1.api(method, path)
        except CommandFailed as error:
            raise AssertionError(f"{method} {path}") from error
        assert reply.headers["content-type"].startswith("application/json"), (method, path)
