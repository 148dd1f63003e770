"""Nodes start one at a time, so that they never come up together without discovering one another."""

from __future__ import annotations

import pytest

from cluster.checkers import each_after_its_predecessor, each_starts_holding, never_two_holders, one_master
from cluster.cluster import Cluster
from cluster.deploy import INSTANCES, LABEL, Deployment, main_unit, node_name, sidekicks
from cluster.es import Es
from cluster.etcd import Etcd
from cluster.eventually import eventually, steadily
from cluster.fleet import Fleet
from cluster.leases import holds
from cluster.recorder import Recorder
from cluster.site import Site

LOCK = f"/locks/{LABEL}"
SETTLED = 10.0
"""Seconds in which a node that needs no lease would long have been there: it takes about 5."""


def test_no_two_nodes_hold_the_lease_at_once(deployed: Deployment, history: Recorder) -> None:
    held = holds(history.events(LOCK, since=deployed.revision))
    assert {hold.holder for hold in held} >= {node_name(number) for number in INSTANCES}
    assert never_two_holders(held)


def test_each_node_starts_after_its_predecessor_released(
    deployed: Deployment, history: Recorder, cluster: Cluster
) -> None:
    held = holds(history.events(LOCK, since=deployed.revision))
    starts = cluster.journals().node_starts(since=deployed.began)

    assert sorted(start.node for start in starts) == [node_name(number) for number in INSTANCES]
    assert each_starts_holding(starts, held)
    assert each_after_its_predecessor(starts, held)


def test_all_nodes_end_in_one_cluster_with_one_master(es: Es) -> None:
    views = {machine.name: es.health(machine) for machine in es.accepting()}
    assert {name: view.nodes for name, view in views.items()} == dict.fromkeys(views, len(INSTANCES))
    assert len(views) == len(INSTANCES)
    assert one_master(es.masters())


@pytest.mark.breaks
def test_no_node_starts_while_the_lease_is_anothers(site: Site, fleet: Fleet, etcd: Etcd, es: Es) -> None:
    unit, machine = main_unit(5), fleet.machine_of(main_unit(5))
    assert machine is not None
    fleet.ctl(f"stop {unit}")
    assert etcd.put_if_absent(LOCK, "the operator")
    try:
        fleet.ctl(f"start --no-block {unit}")
        eventually("the unit is started", lambda: machine.is_active(unit), within=20)
        steadily("no node listens", lambda: es.status_of(machine) is None, during=SETTLED)
        told = site.cluster.journals().unit(unit, since=site.deployments[-1].began)
        assert any(f"waiting for the startup lease: {LOCK} is held by" in record.message for record in told)
    finally:
        etcd.delete(LOCK)
    eventually("the node joins", lambda: es.health().nodes == len(INSTANCES), within=60, context=site.units_text)


@pytest.mark.breaks
def test_no_node_starts_without_its_lease_unit_and_its_unit_says_why(site: Site, fleet: Fleet, es: Es) -> None:
    unit, (_, lease), machine = main_unit(4), sidekicks(4), fleet.machine_of(main_unit(4))
    assert machine is not None
    fleet.ctl(f"stop {unit}")
    fleet.ctl(f"destroy {lease}")
    began = machine.now()
    fleet.ctl(f"start --no-block {unit}")
    try:
        eventually("the unit is started", lambda: machine.is_active(unit), within=20)
        steadily("no node listens", lambda: es.status_of(machine) is None, during=SETTLED)
        told = site.cluster.journals().unit(unit, since=began)
        assert any(f"is {lease} loaded?" in record.message for record in told)
    finally:
        fleet.ctl(f"stop {unit}")
        fleet.ctl(f"load {lease}")
        fleet.ctl(f"start {unit}")
    eventually("the node joins", lambda: es.health().nodes == len(INSTANCES), within=60, context=site.units_text)
