"""When a machine goes down, its services are restarted on other machines; no acknowledged document is lost."""

from __future__ import annotations

import pytest

from cluster import faults
from cluster.checkers import never_on_two_machines, one_master
from cluster.cluster import Cluster
from cluster.deploy import INSTANCES, LABEL, main_unit, sidekicks
from cluster.es import Es
from cluster.eventually import eventually, steadily
from cluster.fleet import Fleet
from cluster.journals import ended
from cluster.ledger import Ledger
from cluster.machine import Machine
from cluster.site import Site

pytestmark = pytest.mark.breaks

ELSEWHERE, JOINED, LISTED = 30.0, 120.0, 30.0
"""Seconds: until the instance runs elsewhere, until five nodes are green again, until the machine is listed again."""


def instance_on(fleet: Fleet, machine: Machine) -> int:
    return next(number for number in INSTANCES if fleet.machine_of(main_unit(number)) == machine)


def victim_of(kind: str, es: Es) -> Machine:
    master = es.master()
    if kind == "the master's machine":
        return master
    return next(machine for machine in es.accepting() if machine != master)


@pytest.mark.parametrize("kind", ["a plain machine", "the master's machine"])
def test_an_instance_moves_when_its_machine_dies_and_nothing_is_lost(
    kind: str, site: Site, cluster: Cluster, fleet: Fleet, es: Es, ledger: Ledger
) -> None:
    victim = victim_of(kind, es)
    number, node = instance_on(fleet, victim), es.node_on(victim)
    unit, began = main_unit(number), victim.now()
    survivors = [machine for machine in es.accepting() if machine != victim]
    ledger.write_some(50)

    with faults.killed(victim):
        with ledger.writing(lambda: survivors):
            died = survivors[0].now()
            eventually(f"{node.name} has left", lambda: node.id not in {other.id for other in es.nodes()}, within=30)
            eventually(
                f"{unit} runs on another machine",
                lambda: fleet.machine_of(unit) not in (None, victim),
                within=ELSEWHERE,
                context=lambda: fleet.describe(unit),
            )
            site.wait_joined(JOINED)

        assert one_master(es.masters())
        read = ledger.read_back()
        assert read.copies == 4
        assert (read.lost, read.acked > 50) == ([], True), ledger.counts
        placed = fleet.placements(f"{LABEL}@")

    eventually(f"{victim} is listed again", lambda: victim in fleet.machines(), within=LISTED)
    eventually(f"no old container is on {victim}", lambda: containers_on(victim) == [], within=20)
    steadily("nothing moves back", lambda: fleet.placements(f"{LABEL}@") == placed, during=3.0)
    for name in (unit, *sidekicks(number)):
        runs = ended(cluster.journals().runs(name, since=began), victim.name, died)
        assert never_on_two_machines(runs, allowed=2.0)


def containers_on(machine: Machine) -> list[str]:
    return machine.run(f"sudo docker ps --all --quiet --filter name={LABEL}").lines
