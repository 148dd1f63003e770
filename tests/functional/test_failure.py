"""Machines, daemons and units that fail: V42 to V49, and V70.

The machines' agent_ttl is 5 s and not fleet's 30 s, so an outage of a minute is one of 10 s here.
"""

from __future__ import annotations

import re

from cluster import faults
from cluster.eventually import steadily
from tests.functional.faults import called, etcd_away, fleet_killed, fleet_stopped, spread
from tests.functional.lab import Lab
from tests.functional.node import Node

LOST = "fleet server unable to communicate with etcd"
OUTAGE = 10.0
"""Seconds: twice agent_ttl, as a minute is of the usual one."""

IDLE = "^/bin/sleep 100000"
"""The command line of every process of S."""


def lists(lab: Lab, *nodes: Node) -> bool:
    return [row.split()[1] for row in lab.machines()] == [node.ip for node in nodes]


def moved(lab: Lab, name: str, *away: Node) -> bool:
    match lab.where().get(name):
        case [node]:
            return node not in away
    return False


def test_v42_a_machine_that_leaves_hands_its_units_over(lab: Lab) -> None:
    pids = spread(lab)
    with fleet_stopped(lab.n3):
        lab.wait("n3 is gone", lambda: lists(lab, lab.n1, lab.n2), within=10)
        lab.wait("b3 runs elsewhere", lambda: moved(lab, "b3.service", lab.n3), within=10)
        assert lab.n3.processes(IDLE) == 0
        assert lab.n3.files() == set()
        assert {name: pid for name, pid in lab.pids().items() if name != "b3.service"} == without(pids, "b3.service")


def test_v43_the_units_of_a_killed_fleetd_are_started_elsewhere(lab: Lab) -> None:
    pids = spread(lab)
    with fleet_killed(lab.n3):
        lab.wait("n3 is gone", lambda: lists(lab, lab.n1, lab.n2), within=5 + 10)
        lab.wait("b3 runs elsewhere", lambda: moved(lab, "b3.service", lab.n3), within=10)
        assert lab.n3.pid("b3.service") == pids["b3.service"], "the old one is not stopped: nobody is there to do it"


def test_v44_a_fleetd_that_returns_stops_what_has_moved(lab: Lab) -> None:
    pids = spread(lab)
    with fleet_killed(lab.n3):
        lab.wait("b3 runs elsewhere", lambda: moved(lab, "b3.service", lab.n3), within=15)
    lab.wait("n3 is back", lambda: lists(lab, *lab.nodes))
    lab.wait("the old b3 is stopped and unloaded", lambda: lab.n3.files() == set() and not lab.n3.processes(IDLE))
    lab.wait("each is listed once", lambda: [row.split()[0] for row in lab.units()] == sorted(pids))
    assert without(lab.pids(), "b3.service") == without(pids, "b3.service")


def test_v45_a_machine_without_etcd_keeps_its_units_and_says_so(lab: Lab) -> None:
    pids = spread(lab)
    with faults.cut_off(lab.n2.machine):

        def keeps() -> bool:
            status = lab.n2.api("GET", "/fleet/v1/machines", within=20).status
            statuses.append(status)
            return status in (200, 500, 503) and lab.n2.pid("b2.service") == pids["b2.service"]

        statuses: list[int] = []
        steadily("b2 runs", keeps, during=OUTAGE)
        assert re.fullmatch("(200,)*(500,)*(503,)+", "".join(f"{status}," for status in statuses)), statuses
        assert lab.n2.api("GET", "/fleet/v1/machines").error == (503, LOST)
    lab.wait("n2 is back", lambda: lists(lab, *lab.nodes))


def test_v46_a_unit_starts_although_the_leader_has_just_been_killed(lab: Lab) -> None:
    leader = lab.cluster.engine_leader()
    (other, *_) = (node for node in lab.nodes if node.machine.name != leader.name)
    leader.run("sudo systemctl kill --signal=KILL fleet.service")
    started = lab.good("start b9", on=other)
    assert started.took < 20
    lab.wait_active("b9.service", within=20 - started.took)


def test_v47_a_second_machine_with_the_same_id_is_kept_out(lab: Lab) -> None:
    lab.good("start a")
    lab.wait_active("a.service")
    pids = lab.pids()
    with called(lab.n2, lab.n1.id):
        refused = lab("list-machines", on=lab.n2)
        assert refused.status == 1
        assert LOST in refused.stderr
        lab.wait("the old id expires", lambda: lists(lab, lab.n1, lab.n3))
        assert lab.pids() == pids
        with called(lab.n1, "44444444dddd0000000000000000000d"):
            lab.wait("the second one is let in", lambda: lab("list-machines", on=lab.n2).ok)


def test_v48_a_unit_that_fails_stays_where_it_is_and_is_not_restarted(lab: Lab) -> None:
    lab.write("bad.service", "[Service]\nExecStart=/bin/sh -c 'exit 1'\n")
    lab("start bad")
    row = f"bad.service {lab.n1.place} failed failed"
    lab.wait_units(row)
    assert lab.files("--fields=unit,dstate,state") == ["bad.service launched launched"]
    steadily("it stays failed", lambda: lab.units() == [row], during=1.5)
    assert lab.n1.show("bad.service", "NRestarts") == ["0"]


def test_v49_a_unit_that_was_stopped_by_hand_stays_stopped(lab: Lab) -> None:
    lab.good("start a")
    lab.wait_active("a.service")
    lab.n1.run("sudo systemctl stop a")
    row = f"a.service {lab.n1.place} inactive dead"
    lab.wait_units(row)
    assert lab.files("--fields=unit,dstate") == ["a.service launched"]
    steadily("it stays stopped", lambda: lab.units() == [row], during=1.5)


def test_v70_a_fleetd_that_has_never_seen_etcd_says_so_on_every_path(lab: Lab) -> None:
    with etcd_away(lab.n2):
        lab.n2.run("sudo systemctl restart fleet.service")
        for path in ("/fleet/v1/units", "/fleet/v1/units/a.service", "/fleet/v1/state", "/fleet/v1/machines", "/nope"):
            assert lab.n2.api("GET", path).error == (503, LOST), path
        refused = lab("list-machines", on=lab.n2)
        assert refused.status == 1
        assert LOST in refused.stderr
    lab.wait("n2 is back", lambda: lists(lab, *lab.nodes))


def without(pids: dict[str, int], name: str) -> dict[str, int]:
    return {key: pid for key, pid in pids.items() if key != name}
