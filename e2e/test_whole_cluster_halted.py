"""The whole cluster is switched off and on again: its data is there, and while there is no master Marvel says so."""

from __future__ import annotations

import time

import pytest

from cluster import bounds, faults, marvelhistory
from cluster.checkers import one_master
from cluster.cluster import Cluster
from cluster.es import Es
from cluster.eventually import eventually
from cluster.label import INSTANCES, LOGGING
from cluster.machine import Machine
from cluster.marvel import READ, marvel
from cluster.say import Say
from cluster.site import Site
from cluster.workloads import Ledger
from e2e.loss import no_unit_ran_twice, nothing_is_lost

pytestmark = pytest.mark.breaks


def test_a_halted_cluster_comes_back_with_its_data(
    site: Site, cluster: Cluster, es: Es, ledger: Ledger, say: Say
) -> None:
    """Each machine shuts down as after `vagrant halt`: systemd stops what runs. Two nodes go last: no quorum.

    One of them is the master. Were it among the first, 1.7 may count a node that is leaving, too, when it elects the
    next one, and the two that are left have a master by a vote of the dead.
    """
    began, master = cluster.machines[0].now(), es.master()
    last = [master, next(machine for machine in es.accepting() if machine != master)]
    names = [es.node_on(machine).name for machine in last]
    ledger.write_some(50)
    assert ledger.counts["acked"] == 50

    with faults.halted(*(machine for machine in cluster.machines if machine not in last)) as halt:
        the_page_says_that_there_is_no_master(site, last[0], names)
        halt(*last)
        assert not any(machine.is_running for machine in cluster.machines)
        off = time.time()

    cluster.wait_healthy()
    site.wait_joined(bounds.RESTARTED)
    green = cluster.machines[0].now()
    eventually("one master", lambda: one_master(es.views(), len(INSTANCES)), within=10)
    nothing_is_lost(ledger, say)
    no_unit_ran_twice(cluster, began)
    halted = marvelhistory.Halt(began, off, green, LOGGING.nodes, names)
    marvelhistory.tells(es, began, halted.complaints, cluster.settings, say)
    the_page_tells_what_happened(site, es.accepting()[0], began)


def the_page_says_that_there_is_no_master(site: Site, machine: Machine, names: list[str]) -> None:
    """It tells what its node knew last."""
    with marvel(site, machine, "marvel-no-master.png") as page:
        page.shows("that there is no master", lambda: page.verdict.startswith("no master: "), within=20)
        page.shows("that who is left answers", lambda: names[0] in page.live(), within=10)
        page.shows("nobody else", lambda: set(page.live()) <= set(names), within=10)
        page.shows("nobody who is left as silent", lambda: not {*page.silent()} & {*names}, within=10)
        page.shows("no node as the master", lambda: not any(row.is_master for row in page.rows()), within=bounds.ANSWER)
        assert page.complaints() == []


def the_page_tells_what_happened(site: Site, machine: Machine, began: float) -> None:
    """Also to who opens it only now: the recorders, who were halted, too, have told all of it."""
    story = ("no master", "green again after")
    with marvel(site, machine, "marvel-restarted.png") as page:
        page.shows("five nodes", lambda: page.live() == LOGGING.nodes, within=20)
        page.shows("the story", lambda: page.tells(began, *story), within=READ)
        assert page.complaints() == []
