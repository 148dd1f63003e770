"""A service that fails is restarted on its machine."""

from __future__ import annotations

import pytest

from cluster.deploy import INSTANCES, LABEL, main_unit, node_name, sidekicks
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


def data_of(machine: Machine) -> str:
    """Return the identity of the folder with the node's data: its place and its inode."""
    mount = "'{{range .Mounts}}{{if eq .Destination \"/data\"}}{{.Source}}{{end}}{{end}}'"
    return machine.run(f"sudo sh -c \"stat -c '%n %i' $(sudo docker inspect -f {mount} {NODE})/*/nodes/0\"").stdout


def kill_the_process(machine: Machine) -> None:
    machine.run(f"sudo kill -9 $(sudo docker inspect -f '{{{{.State.Pid}}}}' {NODE})")


def test_a_killed_process_is_back_on_its_machine_with_its_data(
    site: Site, fleet: Fleet, es: Es, ledger: Ledger, history: Recorder
) -> None:
    machine = fleet.machine_of(UNIT)
    assert machine is not None
    ledger.write_some(20)
    node, data, before = es.node_on(machine), data_of(machine), history.revision()

    kill_the_process(machine)

    eventually("another process has joined", lambda: es.node_on(machine).id != node.id, 60, context=site.units_text)
    site.wait_joined()
    assert es.node_on(machine).name == NODE
    assert fleet.machine_of(UNIT) == machine
    assert data_of(machine) == data
    read = ledger.read_back()
    assert (read.acked, read.lost) == (20, [])

    assert NODE in {hold.holder for hold in holds(history.events(f"/locks/{LABEL}", since=before))}
    host = f"/services/{LABEL}/hosts/{machine.address}"
    assert [event.change.value is None for event in history.events(host, since=before)][:2] == [True, False]
    assert fleet.machine_of(DISCOVERY) == machine
    assert len(es.nodes()) == len(INSTANCES)
