"""What else a user notices of the command line, the API and the daemon's configuration, and after losses."""

from __future__ import annotations

from typing import Any

import pytest

from cluster import faults
from cluster.eventually import eventually
from tests.functional.faults import configured, spread
from tests.functional.lab import Lab, unit
from tests.functional.test_api import OPTIONS, UNITS
from tests.functional.test_failure import IDLE, lists, moved

X = f"{UNITS}/x.service"


@pytest.mark.parametrize("words", ["list-m", "list-unit-f", "--endpoint=unix:///var/run/fleet.sock list-units --l"])
def test_commands_may_be_shortened_as_far_as_they_are_clear(lab: Lab, words: str) -> None:
    assert lab.good(words).stdout


@pytest.mark.parametrize("words", ["list", "nonsense", "list-units --nonsense", "stop --block-attempts=x a"])
def test_usage_errors_exit_2(lab: Lab, words: str) -> None:
    refused = lab(words)
    assert (refused.status, refused.stdout) == (2, "")
    assert refused.stderr.startswith("Error: ")


def test_flags_may_stand_anywhere(lab: Lab) -> None:
    lab.good("submit a --replace b1")
    assert lab.files("--fields=unit extra words") == ["a.service", "b1.service"]


def test_lists_have_all_their_fields(lab: Lab) -> None:
    lab.good("submit a g")
    rows = lab.files("--fields=unit,global,desc,dstate,state,target")
    assert rows == ["a.service false Svc A inactive inactive -", "g.service true - inactive - global"]


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 409), ({"desiredState": "launched"}, 409), ({"options": [], "desiredState": "loaded"}, 409)],
)
def test_a_unit_is_not_made_without_options(lab: Lab, body: dict[str, Any], status: int) -> None:
    refused = lab.n1.api("PUT", X, body)
    assert refused.error == (status, "unit does not exist and options field empty")


def test_a_known_unit_is_put_with_its_state_or_with_another_text(lab: Lab) -> None:
    assert lab.n1.api("PUT", X, {"options": OPTIONS}).status == 201
    assert lab.n1.api("GET", X).json["desiredState"] == "inactive"
    assert lab.n1.api("PUT", X, {}).error == (409, "must provide DesiredState to update existing unit")
    assert lab.n1.api("PUT", X, {"options": OPTIONS, "desiredState": "loaded"}).status == 204
    assert lab.n1.api("PUT", X, {"options": OPTIONS[:1], "desiredState": "loaded"}).status == 201
    assert lab.n1.api("GET", X).json["options"] == OPTIONS[:1]
    json = "application/json; charset=utf-8"
    assert lab.n1.api("PUT", X, {"desiredState": "inactive"}, kind=json).status == 204


def test_what_cannot_be_fulfilled_is_refused_by_the_api_too(lab: Lab) -> None:
    wrong = [{"section": "X-Fleet", "name": name, "value": "x.service"} for name in ("MachineOf", "Conflicts")]
    refused = lab.n1.api("PUT", f"{UNITS}/y.service", {"options": OPTIONS + wrong})
    assert refused.error[0] == 400
    assert 'peer "x.service" matches conflict "x.service"' in refused.error[1]


def test_the_environment_beats_fleet_conf_and_pages_are_as_long_as_it_says(lab: Lab) -> None:
    lab.good("submit b1 b2 b3")
    with configured(lab.n1, Environment='"FLEET_TOKEN_LIMIT=2" "FLEET_METADATA=by=environment"'):
        lab.wait("it is listed", lambda: "by=environment" in lab.machines()[0])
        page = lab.n1.api("GET", UNITS).json
        assert len(page["units"]) == 2
        rest = lab.n1.api("GET", f"{UNITS}?nextPageToken={page['nextPageToken']}").json
        assert [one["name"] for one in rest["units"]] == ["b3.service"]


def test_a_machine_that_was_cut_off_begins_to_stop_what_has_moved_within_two_seconds(lab: Lab) -> None:
    spread(lab)
    with faults.cut_off(lab.n2.machine):
        lab.wait("b2 runs elsewhere", lambda: moved(lab, "b2.service", lab.n2))
        assert lab.n2.processes(IDLE) == 1
    eventually("b2 is stopped on n2", lambda: lab.n2.processes(IDLE) == 0, within=2, every=0.05)
    lab.wait("n2 is back", lambda: lists(lab, *lab.nodes))


def test_a_cluster_that_was_without_power_spreads_its_units(lab: Lab) -> None:
    spread(lab, 6)
    lab.write("g.service", unit("Global=true"))
    lab.good("start g")
    for node in lab.nodes:
        node.machine.kill()
    lab.everywhere(lambda node: node.machine.start())
    lab.wait("all are listed", lambda: lists(lab, *lab.nodes), within=40)
    lab.wait("all run", lambda: sum(map(len, lab.where().values())) == 9, within=30)
    placed = [node for name, (node, *_) in lab.where("b").items()]
    assert [placed.count(node) for node in lab.nodes] == [2, 2, 2]


def test_ghosts_vanish_with_a_machine_that_does_not_return(lab: Lab) -> None:
    lab.good("start g a")
    lab.wait("they run", lambda: sum(map(len, lab.where().values())) == 4)
    with faults.frozen(lab.n3.machine):
        lab.wait("n3 is gone", lambda: [row.split()[1] for row in lab.machines()] == [lab.n1.ip, lab.n2.ip])
        assert {row.split()[1] for row in lab.units()} <= {lab.n1.place, lab.n2.place}
        lab.good("destroy g a")
        assert lab.units() == []
    lab.wait("n3 is back, with nothing", lambda: lists(lab, *lab.nodes) and lab.n3.files() == set())
