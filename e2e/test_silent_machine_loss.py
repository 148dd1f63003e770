"""A machine that falls silent, frozen or cut off, is missed like a dead one: its services start elsewhere.

Who is lost, and how (the two leaders are brought to one machine, which has a plain node, immediately before):

| | plain node | master | etcd's leader | fleet's leader |
| --- | --- | --- | --- | --- |
| frozen | here | test_two_machines_lost.py | here | here |
| cut off | here, and test_two_machines_lost.py | here | here | here |

A machine that is cut off takes itself for the living part of the cluster. For the seconds until it notices, a master
that is cut off may acknowledge writes that are lost: a limit of 1.7. So the ledger writes through the others only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cluster import faults
from cluster.cluster import Cluster
from cluster.es import Es
from cluster.label import LOGGING
from cluster.leadership import a_member, lead_both
from cluster.machine import Machine
from cluster.marvel import READ, Marvel, marvel
from cluster.say import Say
from cluster.site import Site
from cluster.workloads import Ledger
from e2e.loss import Fault, Losses

pytestmark = pytest.mark.breaks

NODES = LOGGING.nodes


def test_an_instance_moves_when_its_machine_freezes_and_the_page_says_which_node_is_silent(
    site: Site, cluster: Cluster, es: Es, ledger: Ledger, say: Say
) -> None:
    losses, victim = Losses(site, ledger, say), a_plain_member(cluster, es)
    node = es.node_on(victim).name

    with marvel(site, another_machine(es, victim), "marvel-frozen.png") as page:
        page.shows("five nodes", lambda: page.live() == NODES, within=20)
        since = victim.now()
        with losses.silent(leading(cluster, faults.frozen), victim) as loss:
            one_row_is_silent(page, node)
            loss.is_mended()
            page.shows("five nodes again", lambda: page.live() == NODES, within=20)
            page.shows("green", lambda: page.verdict.startswith("green: five nodes"), within=10)
            story = (f"{node} left", f"{node} joined again after", "green again after")
            page.shows("the story", lambda: page.tells(since, *story), within=READ)
        assert page.complaints() == []

    losses.nothing_moves_back()
    site.wait_joined()
    losses.nothing_is_lost()
    losses.no_unit_ran_twice()
    losses.marvels_history_tells()


def test_a_second_machine_is_cut_off_after_the_first_has_returned_and_nothing_is_lost(
    site: Site, cluster: Cluster, es: Es, ledger: Ledger, say: Say
) -> None:
    losses = Losses(site, ledger, say)

    with losses.silent(leading(cluster, faults.cut_off), a_plain_member(cluster, es)) as first:
        first.is_mended()
    losses.nothing_moves_back()
    site.wait_joined()

    with losses.silent(faults.cut_off, es.master()) as second:
        assert second.machine != first.machine
        second.is_mended()
    losses.nothing_moves_back()
    site.wait_joined()
    losses.nothing_is_lost()
    losses.no_unit_ran_twice()
    losses.marvels_history_tells()


def a_plain_member(cluster: Cluster, es: Es) -> Machine:
    """Return a machine with a member of etcd, and with a node that is not the master."""
    master = es.master()
    return a_member(cluster, [machine for machine in es.accepting() if machine != master])


def leading(cluster: Cluster, fault: Fault) -> Fault:
    """Return the fault that first has its machine lead etcd and the fleet engine, and bites when it does."""

    @contextmanager
    def of_the_leader(machine: Machine) -> Iterator[None]:
        lead_both(cluster, machine)
        with fault(machine):
            yield

    return of_the_leader


def another_machine(es: Es, victim: Machine) -> Machine:
    return next(machine for machine in es.accepting() if machine != victim)


def one_row_is_silent(page: Marvel, node: str) -> None:
    """The others' figures are there, and go on coming; the verdict names the one that does not answer."""
    if not page.is_ours:
        return
    others = [name for name in NODES if name != node]
    page.shows("who does not answer", lambda: is_silent(page, node, others), within=15)
    before = page.figures()
    assert before.keys() >= set(others)
    assert all("%" in before[name][0] for name in others), before
    page.shows("new figures of the others", lambda: all_new(before, page.figures()), within=10)
    assert page.complaints() == []


def is_silent(page: Marvel, node: str, others: list[str]) -> bool:
    """Whether its row and the verdict say so: for some seconds, until the cluster takes it for gone."""
    return (page.silent(), page.live()) == ([node], others) and f"{node} does not answer" in page.verdict


def all_new(before: dict[str, tuple[str, ...]], now: dict[str, tuple[str, ...]]) -> bool:
    """Whether every node has another heap, processor, load or uptime: a node that lives is older each second."""
    return before.keys() <= now.keys() and all(now[name] != figures for name, figures in before.items())
