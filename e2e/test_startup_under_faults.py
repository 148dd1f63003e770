"""Nodes start one at a time also while the lease's holder dies, etcd's leader dies, or etcd has no quorum.

Nothing fails open: no node starts without the lease, and none founds a second cluster.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cluster import deploy, faults
from cluster.checkers import (
    each_after_its_predecessor,
    each_starts_holding,
    given_the_live_hosts,
    never_two_holders,
    one_master,
)
from cluster.cluster import Cluster
from cluster.containers import kill_processes, main_process
from cluster.deploy import START, STOP
from cluster.es import Es
from cluster.etcd import Etcd
from cluster.eventually import eventually, steadily
from cluster.label import HOSTS, INSTANCES, LOCK, LOGGING, container_of, main_unit, node_name, sidekicks
from cluster.leases import Holder, holder, holds
from cluster.listings import given, listings
from cluster.machine import Machine
from cluster.recorder import Recorder
from cluster.site import Site

pytestmark = pytest.mark.breaks

LEASES = {node_name(number): container_of(sidekicks(number)[1]) for number in INSTANCES}
"""The container of each node's lease unit."""

OUTAGE = 5.0
"""Seconds without etcd's quorum: a node that asks nobody has started in two."""


def test_five_that_start_at_once_start_in_turn_whatever_happens_to_etcd_and_to_the_lease(
    site: Site, cluster: Cluster, es: Es, etcd: Etcd, history: Recorder
) -> None:
    operator(cluster, STOP)
    began, since = cluster.machines[0].now(), history.revision()

    with faults.held(etcd, LOCK, "the operator"):
        operator(cluster, START)
        held_by = f"waiting for the startup lease: {LOCK} is held by the operator"
        eventually("all five wait", lambda: len(said(cluster, held_by, began)) == len(INSTANCES), within=20)
        cut = on(cluster, cluster.members[1:])
        assert cut
        with faults.without_quorum(cluster):
            lost = "waiting for the startup lease: etcd at"
            eventually("whose member of etcd is dead says so", lambda: {*said(cluster, lost, began)} >= cut, within=20)
            steadily("no node starts", lambda: with_java(cluster) == [], during=OUTAGE)

    first = eventually("a node may start", lambda: claimed(etcd), within=30, every=0.05)
    machine = cluster.machine_at(first.address)
    kill_processes(machine, LEASES[first.node])
    process = main_process(machine, first.node)
    with faults.leader_killed(cluster):
        assert main_process(machine, first.node) == process
    site.wait_joined()

    assert main_process(machine, first.node) == process
    held = holds(history.events(LOCK, since))
    assert [hold.takeovers > 0 for hold in held if hold.holder == first.node] == [True]
    assert never_two_holders(held)
    assert sorted(start.node for start in cluster.journals().node_starts(began)) == LOGGING.nodes
    assert each_starts_holding(site.starts(), held)
    assert each_after_its_predecessor(held)
    hosts = listings({}, since, history.events(HOSTS, since))
    machines = frozenset(f"{machine.address}:9300" for machine in cluster.machines)
    assert given_the_live_hosts(given({(n.name, n.address): n.hosts for n in es.nodes()}, held), hosts, machines)
    eventually("one master", lambda: one_master(es.views(), len(INSTANCES)), within=10)


def operator(cluster: Cluster, command: str) -> None:
    """Type one of the README's commands, each of them for all five at once."""
    deploy.typed(cluster.machines[0], cluster.settings.shared_units, command)


def said(cluster: Cluster, words: str, since: float) -> list[str]:
    """Return which of the five main units have said that."""
    journals = cluster.journals()
    records = {unit: journals.unit(unit, since) for unit in map(main_unit, INSTANCES)}
    return [unit for unit, told in records.items() if any(words in record.message for record in told)]


def on(cluster: Cluster, machines: Sequence[Machine]) -> set[str]:
    """Return which of the five main units fleet has given to one of the machines: one at least has none."""
    addresses = {machine.address for machine in machines}
    targets = cluster.fleet.targets()
    return {unit for unit in LOGGING.main_units if targets[unit] in addresses}


def claimed(etcd: Etcd) -> Holder:
    """Return who holds the lease and has claimed it for its start; fails while there is none."""
    found = holder(etcd.get(LOCK) or "nobody")
    assert found.start, f"{found} starts no node"
    return found


def with_java(cluster: Cluster) -> list[Machine]:
    return [machine for machine in cluster.machines if machine.runs("java")]
