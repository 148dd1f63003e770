"""A service that fails is restarted on its machine."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from cluster import faults
from cluster.cluster import Cluster
from cluster.containers import kill_processes, main_process, remove
from cluster.es import Es
from cluster.etcd import Etcd
from cluster.eventually import eventually
from cluster.fleet import Fleet
from cluster.label import HOSTS, INSTANCES, LOCK, container_of, main_unit, node_name, sidekicks
from cluster.leases import holds
from cluster.machine import Machine
from cluster.recorder import Recorder
from cluster.site import Site
from cluster.workloads import Ledger

pytestmark = pytest.mark.breaks

NUMBER = 3
UNIT, NODE = main_unit(NUMBER), node_name(NUMBER)
DISCOVERY, LEASE = sidekicks(NUMBER)
DATA = "/var/lib/elasticsearch_logging"
"""The folder of the node's data on its machine: the unit's default."""


@pytest.fixture
def own(es: Es) -> Iterator[Ledger]:
    """A ledger whose only copy is on the node that is killed: nobody else can give it back."""
    ledger = Ledger(es, f"own-{uuid.uuid4().hex[:8]}")
    try:
        ledger.create(only_on=NODE)
        yield ledger
    finally:
        ledger.drop()


def test_a_killed_process_is_back_on_its_machine_with_its_data(
    site: Site, fleet: Fleet, es: Es, own: Ledger, history: Recorder
) -> None:
    machine = fleet.machine_of(UNIT)
    assert machine is not None
    own.write_some(20)
    own.flush()
    node, data, before = es.node_on(machine), data_of(machine), history.revision()

    kill_processes(machine, NODE)

    eventually("another process has joined", lambda: es.node_on(machine).id != node.id, 60, context=site.units_text)
    site.wait_joined()
    assert es.node_on(machine).name == NODE
    assert fleet.machine_of(UNIT) == machine
    assert data_of(machine) == data
    read = own.read_back()
    assert (read.acked, read.copies, read.missing) == (20, 1, {})
    the_sidekicks_followed(machine, fleet, history, before)
    assert len(es.nodes()) == len(INSTANCES)


def test_a_node_whose_container_is_removed_and_cannot_be_started_for_a_while_is_back_with_its_data(
    site: Site, cluster: Cluster, fleet: Fleet, es: Es, own: Ledger, history: Recorder
) -> None:
    machine = fleet.machine_of(UNIT)
    assert machine is not None
    own.write_some(20)
    own.flush()
    node, data, before, began = es.node_on(machine), data_of(machine), history.revision(), machine.now()

    with faults.unusable(machine, DATA):
        remove(machine, NODE)
        eventually("three starts have failed", lambda: len(failed_starts(cluster, began)) >= 3, within=30)

    site.wait_joined()
    assert es.node_on(machine).name == NODE
    assert es.node_on(machine).id != node.id
    assert data_of(machine) == data
    read = own.read_back()
    assert (read.acked, read.copies, read.missing) == (20, 1, {})
    the_sidekicks_followed(machine, fleet, history, before)


def test_a_node_outlives_its_sidekicks_and_they_come_back_beside_it(
    cluster: Cluster, fleet: Fleet, es: Es, etcd: Etcd, history: Recorder
) -> None:
    machine = fleet.machine_of(UNIT)
    assert machine is not None
    node, process = es.node_on(machine), main_process(machine, NODE)
    eventually("its lease unit has ended", lambda: fleet.machines_of(LEASE, "inactive") == [machine], within=20)
    before, began = history.revision(), machine.now()

    with faults.held(etcd, LOCK, "the operator"):
        machine.run("sudo systemctl start %s", LEASE)
        eventually("the lease unit waits", lambda: len(waits(cluster, began)) == 1, within=20)
        kill_processes(machine, container_of(DISCOVERY), container_of(LEASE))
        eventually("another one waits", lambda: len(waits(cluster, began)) == 2, within=20)

    held = eventually("the lease was held", lambda: [h for h in holds(history.events(LOCK, before)) if h.address], 20)
    assert machine.run(f"sudo kill -0 {process}", check=False).ok, f"the process of {NODE} has ended"
    assert es.node_on(machine).id == node.id
    assert [(hold.holder, hold.address, hold.claims) for hold in held] == [(NODE, machine.address, ())]
    eventually("the lease is given back", lambda: etcd.get(LOCK) is None, within=20)
    eventually("the lease unit has ended", lambda: fleet.machines_of(LEASE, "inactive") == [machine], within=20)
    eventually("the discovery is beside its node", lambda: fleet.machine_of(DISCOVERY) == machine, within=20)
    eventually("its host is published, once", lambda: published(history, machine, before) == [True], within=20)


def the_sidekicks_followed(machine: Machine, fleet: Fleet, history: Recorder, since: int) -> None:
    """The lease was held by the node once more, its host was withdrawn and published."""
    eventually("the lease was held", lambda: NODE in {hold.holder for hold in holds(history.events(LOCK, since))}, 20)
    eventually("the host went and came", lambda: published(history, machine, since)[:2] == [False, True], within=20)
    eventually("the discovery is beside its node", lambda: fleet.machine_of(DISCOVERY) == machine, within=20)


def published(history: Recorder, machine: Machine, since: int) -> list[bool]:
    """Return of each change of the machine's host whether it published it; else it was withdrawn, or ran out."""
    return [event.change.value is not None for event in history.events(HOSTS + machine.address, since)]


def data_of(machine: Machine) -> str:
    """Return the identity of the folder with the node's data: its place and its inode."""
    mount = "'{{range .Mounts}}{{if eq .Destination \"/data\"}}{{.Source}}{{end}}{{end}}'"
    return machine.run(f"sudo sh -c \"stat -c '%n %i' $(sudo docker inspect -f {mount} {NODE})/*/nodes/0\"").stdout


def failed_starts(cluster: Cluster, since: float) -> list[str]:
    """Return what docker said of each start that failed because there was no folder."""
    said = [record.message for record in cluster.journals().unit(UNIT, since)]
    return [message for message in said if "not a directory" in message]


def waits(cluster: Cluster, since: float) -> list[str]:
    """Return what each process of the lease unit said when it found the lease another's."""
    said = [record.message for record in cluster.journals().unit(LEASE, since)]
    return [message for message in said if "is held by the operator" in message]
