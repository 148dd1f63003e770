"""Nodes start one at a time, so that they never come up together without discovering one another."""

from __future__ import annotations

import pytest

from cluster import faults
from cluster.checkers import each_after_its_predecessor, each_starts_holding, never_two_holders, one_master
from cluster.cluster import Cluster
from cluster.es import Es
from cluster.etcd import Etcd
from cluster.eventually import eventually, steadily
from cluster.fleet import Fleet
from cluster.label import INSTANCES, LOCK, LOGGING, main_unit, sidekicks
from cluster.machine import Machine
from cluster.recorder import Recorder
from cluster.site import Site

NODES = LOGGING.nodes
STARTED = 10.0
"""Seconds in which a node that gets the lease is a process."""

SETTLED = 5.0
"""Seconds in which a node that needs no lease has long been started, after its unit has said that it waits: it starts
in two."""


@pytest.mark.usefixtures("deployed")
def test_no_two_nodes_hold_the_lease_at_once(site: Site, history: Recorder) -> None:
    for deployment in site.deployments:
        held = deployment.holds(history)
        assert {hold.holder for hold in held} >= set(NODES)
        assert never_two_holders(held)


@pytest.mark.usefixtures("deployed")
def test_each_node_starts_after_its_predecessor_released(site: Site, history: Recorder, cluster: Cluster) -> None:
    for deployment in site.deployments:
        held = deployment.holds(history)
        logged = cluster.journals().node_starts(since=deployment.began, until=deployment.joined or 0)
        assert sorted(start.node for start in logged) == sorted(start.node for start in deployment.starts) == NODES
        verdicts = each_starts_holding(deployment.starts, held), each_after_its_predecessor(held)
        assert all(verdicts), verdicts


def test_all_nodes_end_in_one_cluster_with_one_master(es: Es) -> None:
    eventually("each node knows five", lambda: known_by_each(es) == [len(INSTANCES)] * len(INSTANCES), within=10)
    eventually("one master", lambda: one_master(es.views(), len(INSTANCES)), within=10)


@pytest.mark.breaks
def test_no_node_starts_while_the_lease_is_anothers(site: Site, fleet: Fleet, etcd: Etcd) -> None:
    unit, machine = main_unit(5), fleet.machine_of(main_unit(5))
    assert machine is not None
    assert machine.runs("java")

    with faults.stopped(fleet, unit), faults.held(etcd, LOCK, "the operator"):
        began = machine.now()
        fleet.ctl(f"start --no-block {unit}")
        site.cluster.wait_said(unit, f"waiting for the startup lease: {LOCK} is held by the operator", began)
        no_node_starts(site, machine, began)

    now_the_node_starts(site, machine)


@pytest.mark.breaks
def test_no_node_starts_without_its_lease_unit_and_its_unit_says_why(site: Site, fleet: Fleet) -> None:
    unit, (_, lease), machine = main_unit(4), sidekicks(4), fleet.machine_of(main_unit(4))
    assert machine is not None
    assert machine.runs("java")

    with faults.stopped(fleet, unit), faults.destroyed(fleet, lease, of=unit):
        began = machine.now()
        fleet.ctl(f"start --no-block {unit}")
        site.cluster.wait_said(unit, f"is {lease} loaded?", began)
        no_node_starts(site, machine, began)

    now_the_node_starts(site, machine)


def no_node_starts(site: Site, machine: Machine, since: float) -> None:
    steadily("no Elasticsearch process is there", lambda: not machine.runs("java"), during=SETTLED)
    assert site.cluster.journals().node_starts(since) == []


def now_the_node_starts(site: Site, machine: Machine) -> None:
    eventually("the node starts", lambda: machine.runs("java"), within=STARTED, context=site.units_text)
    site.wait_joined()


def known_by_each(es: Es) -> list[int]:
    """Return how many nodes each one that answers knows."""
    return [es.health(machine).nodes for machine in es.accepting()]
