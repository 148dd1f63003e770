"""Nodes are monitored: a dead one leaves discovery, a new one is given only live hosts, a lonely one is restarted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cluster import faults
from cluster.checkers import (
    Start,
    each_after_its_predecessor,
    each_starts_holding,
    given_the_live_hosts,
    never_two_holders,
)
from cluster.cluster import Cluster
from cluster.containers import kill_processes
from cluster.es import Es
from cluster.etcd import Etcd
from cluster.eventually import eventually
from cluster.fleet import Fleet
from cluster.label import CONFIG, HOSTS, INSTANCES, LOCK, container_of, main_unit, node_name, sidekicks
from cluster.leases import holds
from cluster.listings import given, listings
from cluster.machine import Machine
from cluster.recorder import Recorder
from cluster.site import Site

pytestmark = pytest.mark.breaks

HOST_TTL, LEASE_TTL = 10.0, 15.0
"""Seconds after which etcd forgets a dead node's host and a dead holder's lock: the units' defaults."""

LATE = 2.0
"""Seconds by which etcd may be late with that: it looks twice a second, and its members have to agree."""

HASTE = 4
"""Seconds without a master after which the watchdog of the test restarts a node, in the place of the units' 60."""


def test_the_host_and_the_hold_of_a_dead_node_expire_and_its_successor_is_given_only_the_live_hosts(
    site: Site, cluster: Cluster, fleet: Fleet, es: Es, etcd: Etcd, history: Recorder
) -> None:
    """It is killed, and its discovery with it: nobody withdraws it. While it starts again, its machine dies.

    The new process is stopped at once: it must not be published before its machine is dead, on a host that is slow.
    """
    number, machine = a_node_off(cluster.etcd_leader(), fleet)
    host, since = HOSTS + machine.address, history.revision()
    listed = {key: entry.value for key, entry in etcd.prefix(HOSTS).items()}

    died = time.time()
    kill_processes(machine, node_name(number), container_of(sidekicks(number)[0]))
    eventually("the node starts again, holding the lease", lambda: site.starting().address == machine.address, 30)
    machine.run("sudo pkill -STOP -x java")
    first = Start(node_name(number), machine.address, machine.now())
    with faults.killed(machine):
        lost = time.time()
        eventually("its host has left discovery", lambda: gone(history, host, since), within=HOST_TTL + LATE)
        eventually("its hold has expired", lambda: holds(history.events(LOCK, since))[0].until, LEASE_TTL + LATE)
        site.wait_joined()
        held = holds(history.events(LOCK, since))
        new = next(node for node in es.nodes() if node.name == first.node)

    assert died < gone(history, host, since)[0] < died + HOST_TTL + LATE
    assert lost < (held[0].until or 0) < lost + LEASE_TTL + LATE
    assert never_two_holders(held)
    assert each_starts_holding([first, Start(new.name, new.address, new.started)], held)
    assert each_after_its_predecessor(held)
    assert len(new.hosts) == len(INSTANCES) - 1, f"its successor was given {', '.join(new.hosts)}"
    assert f"{machine.address}:9300" not in new.hosts
    seen = listings(listed, since, history.events(HOSTS, since))
    assert given_the_live_hosts(given({(new.name, new.address): new.hosts}, held), seen, frozenset())


def test_a_node_that_stays_without_a_master_is_restarted(
    site: Site, cluster: Cluster, fleet: Fleet, es: Es, etcd: Etcd, history: Recorder
) -> None:
    """As often as that is ordered, and no more: how long it is cut off is up to the host, which may be slow."""
    number, machine = a_node_off(es.master(), fleet)
    node, (discovery, _) = node_name(number), sidekicks(number)
    order = f"{node} must be restarted: no master for {HASTE} s"
    began, since = machine.now(), history.revision()

    def orders() -> int:
        return sum(order in record.message for record in cluster.journals().unit(discovery, began))

    def claims() -> list[tuple[str, int]]:
        return [(hold.holder, len(hold.claims)) for hold in holds(history.events(LOCK, since))]

    with hasty_watchdog(etcd, machine, discovery):
        with faults.cut_off(machine, 9300):
            kill_processes(machine, node, container_of(discovery))
            cluster.wait_said(discovery, order, began, within=60)
        eventually("it is started again after each order", lambda: len(claims()) == 1 + orders(), within=30)
        site.wait_joined()

    assert es.node_on(machine).name == node
    eventually("one start for each order", lambda: [(node, 1)] * (1 + orders()) == claims(), 10)


def a_node_off(spared: Machine, fleet: Fleet) -> tuple[int, Machine]:
    """Return the number and the machine of a node that is not on that machine."""
    placed = [(number, fleet.machine_of(main_unit(number))) for number in INSTANCES]
    return next((number, machine) for number, machine in placed if machine not in (None, spared) and machine)


def gone(history: Recorder, key: str, since: int) -> list[float]:
    """Return when the key was deleted."""
    return [event.at for event in history.events(key, since) if event.change.value is None]


@contextmanager
def hasty_watchdog(etcd: Etcd, machine: Machine, discovery: str) -> Iterator[None]:
    """Have a setting in etcd that a discovery takes when it starts; afterwards the machine's has the default again."""
    etcd.put(f"{CONFIG}NO_MASTER_TIMEOUT", str(HASTE))
    try:
        yield
    finally:
        etcd.delete(f"{CONFIG}NO_MASTER_TIMEOUT")
        machine.run("sudo systemctl restart %s", discovery)
