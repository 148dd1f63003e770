"""When a machine goes down, its services are restarted on other machines; no acknowledged document is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cluster import bounds, faults, marvelhistory
from cluster.bounds import Since
from cluster.checkers import one_master
from cluster.cluster import Cluster
from cluster.containers import containers_on
from cluster.es import Es, Node
from cluster.eventually import eventually, steadily
from cluster.fleet import Fleet
from cluster.label import INSTANCES, LABEL, LOGGING
from cluster.machine import Machine
from cluster.marvel import READ, marvel
from cluster.site import Site
from cluster.workloads import Ledger
from e2e.loss import marvels_history_tells, no_unit_ran_twice, nothing_is_lost

pytestmark = pytest.mark.breaks

PICTURES = {"a plain machine": "marvel-killed.png", "the master's machine": "marvel-master-killed.png"}
"""What the page shows at the end, by who is lost."""


@pytest.mark.parametrize("kind", PICTURES)
def test_an_instance_moves_when_its_machine_dies_and_nothing_is_lost(
    kind: str, site: Site, cluster: Cluster, fleet: Fleet, es: Es, ledger: Ledger, say: Callable[[str], None]
) -> None:
    """A machine's power is cut: its processes die at once, and the kernel of their peers says so.

    A machine that falls silent (a cut cable, a frozen host) is missed later: see test_silent_machine_loss.py.
    """
    victim = victim_of(kind, es)
    survivors = [machine for machine in es.accepting() if machine != victim]
    unit, began = fleet.unit_on(victim, f"{LABEL}@"), survivors[0].now()
    assert containers_on(victim)

    with (
        ledger.reading(lambda: survivors),
        ledger.writing(lambda: survivors) as writer,
        marvel(site, survivors[0], PICTURES[kind]) as page,
    ):
        writer.wait_acked(50)
        page.shows("five nodes", lambda: page.live() == LOGGING.nodes, within=20)
        node = es.node_on(victim)
        before = survivors[0].now()
        with faults.killed(victim):
            died, within = survivors[0].now(), Since().within
            eventually("its node has left", lambda: not_in(es, node), within(bounds.DEAD_NODE_MISSED))
            story = f"{node.name} left"
            page.shows("that it left", lambda: page.tells(before, story), within=10)
            eventually(
                "fleet misses the machine", lambda: victim not in fleet.machines(), within(bounds.MACHINE_MISSED)
            )
            eventually("the instance is elsewhere", lambda: moved(fleet, unit, victim), within(bounds.ELSEWHERE))
            site.wait_joined(within(bounds.GREEN))
            eventually("its peers say why it left", lambda: said_that_it_hung_up(cluster, node, before), within=10)
            to, mended = fleet.machine_of(unit), survivors[0].now()
            assert to is not None
            writer.wait_acked(20)
            writer.stop()
            mends = (story, f"{node.name} joined again after", "green again after")
            page.shows("the story", lambda: page.tells(before, *mends), within=READ)
            assert page.complaints() == []
            nothing_is_lost(ledger, say)
            eventually("one master", lambda: one_master(es.views(), len(INSTANCES)), within=10)
            placed = fleet.targets()

    eventually(f"{victim} is listed again", lambda: victim in fleet.machines(), within=bounds.LISTED)
    eventually(f"no old container is on {victim}", lambda: containers_on(victim) == [], within=20)
    steadily("nothing moves back", lambda: fleet.targets() == placed, during=bounds.STAYS)
    nothing_is_lost(ledger, say)
    eventually("its journal is followed", lambda: cluster.journals().of(victim.name).follows_boot(died), within=20)
    no_unit_ran_twice(cluster, began, moved=[unit])
    loss = marvelhistory.Loss(before, died, node, victim.address, kind == "the master's machine", to.address, mended)
    marvels_history_tells(cluster, began, [loss], say)


def not_in(es: Es, node: Node) -> bool:
    return node.id not in {now.id for now in es.nodes()}


def said_that_it_hung_up(cluster: Cluster, node: Node, since: float) -> bool:
    """Whether a peer has said that its connection to the node ended: of pings in vain it would say something else."""
    told = [record.message for journal in cluster.journals().all for record in journal.records if record.at >= since]
    return any(node.id in message and "transport disconnected" in message for message in told)


def moved(fleet: Fleet, unit: str, victim: Machine) -> bool:
    return fleet.machine_of(unit) not in (None, victim)


def victim_of(kind: str, es: Es) -> Machine:
    master = es.master()
    if kind == "the master's machine":
        return master
    return next(machine for machine in es.accepting() if machine != master)
