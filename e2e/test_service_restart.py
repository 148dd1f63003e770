"""A service that fails is restarted on its machine."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from cluster.deploy import INSTANCES, LABEL, LOCK, main_unit, node_name, sidekicks
from cluster.es import Es
from cluster.eventually import eventually
from cluster.fleet import Fleet
from cluster.leases import holds
from cluster.ledger import Ledger
from cluster.machine import Machine
from cluster.recorder import Recorder
from cluster.site import Site

pytestmark = pytest.mark.breaks

NUMBER = 3
UNIT, NODE = main_unit(NUMBER), node_name(NUMBER)
DISCOVERY, _ = sidekicks(NUMBER)


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

    kill_the_process(machine)

    eventually("another process has joined", lambda: es.node_on(machine).id != node.id, 60, context=site.units_text)
    site.wait_joined()
    assert es.node_on(machine).name == NODE
    assert fleet.machine_of(UNIT) == machine
    assert data_of(machine) == data
    read = own.read_back()
    assert (read.acked, read.copies, read.missing) == (20, 1, {})
    the_sidekicks_followed(machine, fleet, history, before)
    assert len(es.nodes()) == len(INSTANCES)


def the_sidekicks_followed(machine: Machine, fleet: Fleet, history: Recorder, since: int) -> None:
    """The lease was held by the node once more, its host was withdrawn and published."""
    host = f"/services/{LABEL}/hosts/{machine.address}"

    def published() -> list[bool]:
        return [event.change.value is not None for event in history.events(host, since)]

    eventually("the lease was held", lambda: NODE in {hold.holder for hold in holds(history.events(LOCK, since))}, 20)
    eventually("the host went and came", lambda: published()[:2] == [False, True], 20, context=lambda: str(published()))
    eventually("the discovery is beside its node", lambda: fleet.machine_of(DISCOVERY) == machine, within=20)


def data_of(machine: Machine) -> str:
    """Return the identity of the folder with the node's data: its place and its inode."""
    mount = "'{{range .Mounts}}{{if eq .Destination \"/data\"}}{{.Source}}{{end}}{{end}}'"
    return machine.run(f"sudo sh -c \"stat -c '%n %i' $(sudo docker inspect -f {mount} {NODE})/*/nodes/0\"").stdout


def kill_the_process(machine: Machine) -> None:
    machine.run(f"sudo kill -9 $(sudo docker inspect -f '{{{{.State.Pid}}}}' {NODE})")
