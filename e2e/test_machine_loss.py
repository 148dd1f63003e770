"""When a machine goes down, its services are restarted on other machines; no acknowledged document is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cluster import faults
from cluster.checkers import never_on_two_machines, one_master
from cluster.cluster import Cluster
from cluster.deploy import INSTANCES, LABEL, main_unit
from cluster.es import Es
from cluster.eventually import eventually, steadily
from cluster.fleet import Fleet
from cluster.journals import ended
from cluster.ledger import Ledger, ReadBack
from cluster.machine import Machine
from cluster.site import Site

pytestmark = pytest.mark.breaks

COPIES = 4
NOTICED, ELSEWHERE, JOINED, LISTED = 30.0, 30.0, 120.0, 30.0
"""Seconds: until nodes and fleet miss the machine, until the instance runs elsewhere, until five nodes are green again,
until the machine is listed again."""


@pytest.mark.parametrize("kind", ["a plain machine", "the master's machine"])
def test_an_instance_moves_when_its_machine_dies_and_nothing_is_lost(
    kind: str, site: Site, cluster: Cluster, fleet: Fleet, es: Es, ledger: Ledger, say: Callable[[str], None]
) -> None:
    """A machine's power is cut: its processes die at once, and the kernel of their peers says so.

    A machine that falls silent (a cut cable, a frozen host) is missed later, and is no part of this promise.
    """
    victim = victim_of(kind, es)
    survivors = [machine for machine in es.accepting() if machine != victim]
    unit = unit_on(fleet, victim)
    assert containers_on(victim)

    with ledger.writing(lambda: survivors) as writer:
        writer.wait_acked(50)
        node = es.node_on(victim)
        with faults.killed(victim):
            died = survivors[0].now()
            eventually(f"{node.name} has left", lambda: node.id not in {now.id for now in es.nodes()}, NOTICED)
            eventually("fleet misses the machine", lambda: victim not in fleet.machines(), NOTICED)
            eventually("the instance is elsewhere", lambda: fleet.machine_of(unit) not in (None, victim), ELSEWHERE)
            site.wait_joined(JOINED)
            writer.wait_acked(20)
            writer.stop()
            nothing_is_lost(ledger.read_back(), say)
            eventually("one master", lambda: one_master(es.views(), len(INSTANCES)), within=10)
            placed = fleet.targets()

    eventually(f"{victim} is listed again", lambda: victim in fleet.machines(), within=LISTED)
    eventually(f"no old container is on {victim}", lambda: containers_on(victim) == [], within=20)
    steadily("nothing moves back", lambda: fleet.targets() == placed, during=10.0)
    nothing_is_lost(ledger.read_back(), say)
    no_unit_was_on_two_machines(cluster, victim, fleet.machine_of(unit), unit, died)


def victim_of(kind: str, es: Es) -> Machine:
    master = es.master()
    if kind == "the master's machine":
        return master
    return next(machine for machine in es.accepting() if machine != master)


def unit_on(fleet: Fleet, machine: Machine) -> str:
    return next(main_unit(number) for number in INSTANCES if fleet.machine_of(main_unit(number)) == machine)


def containers_on(machine: Machine) -> list[str]:
    return machine.run(f"sudo docker ps --all --quiet --filter name={LABEL}").lines


def nothing_is_lost(read: ReadBack, say: Callable[[str], None]) -> None:
    say(str(read))
    assert read.copies == COPIES
    assert read.missing == {}


def no_unit_was_on_two_machines(
    cluster: Cluster, victim: Machine, new: Machine | None, moved: str, died: float
) -> None:
    eventually("its journal is followed", lambda: cluster.journals().of(victim.name).follows_boot(died), within=20)
    runs = [run for run in cluster.journals().runs(since=died) if run.unit.startswith(LABEL)]
    before = [run for run in cluster.journals().of(victim.name).runs(moved) if run.start < died]
    assert new is not None
    assert before
    assert new.name in {run.machine for run in runs if run.unit == moved}
    assert never_on_two_machines(ended([*runs, *before], victim.name, died), allowed=2.0)
