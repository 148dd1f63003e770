"""One or more Elasticsearch clusters can be set up: a second one is a renamed copy of the three files, on own ports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest

from cluster.cluster import Cluster
from cluster.deploy import typed
from cluster.es import Es, Node
from cluster.etcd import Etcd
from cluster.eventually import eventually
from cluster.fleet import Fleet
from cluster.label import LOGGING, Label
from cluster.leases import holds
from cluster.machine import Machine
from cluster.readme import blocks
from cluster.recorder import Recorder
from cluster.sharedfolder import SharedFolder
from cluster.site import Site

pytestmark = pytest.mark.breaks

AUDIT = Label("elasticsearch_audit", range(1, 4), http_port=9201, transport_port=9301)
CONFIGURE, MAKE, UNMAKE, FORGET = blocks("**A second cluster**")
"""The README's four blocks: the file on every machine, the commands, their undoing, the removal on every machine."""

SMALL = f"sudo sh -c 'cat /etc/default/{LOGGING.name} >> /etc/default/{AUDIT.name}'"
"""The test machines' small heaps are the second cluster's, too: the README's recipe is for machines with memory."""

JOINED = 60.0


def test_a_second_cluster_runs_beside_the_first_and_neither_sees_the_other(
    site: Site, es: Es, etcd: Etcd, fleet: Fleet, history: Recorder, shared: SharedFolder
) -> None:
    first, hosts, began = nodes_of(es), etcd.prefix(LOGGING.hosts).keys(), history.revision()

    with made(site.cluster, shared) as second:
        eventually("its three nodes are there", lambda: names_of(second) >= set(AUDIT.nodes), JOINED)
        eventually("their hosts are published", lambda: len(etcd.prefix(AUDIT.hosts)) == len(AUDIT.instances), 10)

        assert_own_nodes(es, second)
        assert_own_keys(etcd, es, second)
        assert_own_indices(es, second)
        assert_own_machines(fleet)
        assert all(rest_on(machine) for machine in site.cluster.machines)
        assert {hold.holder for hold in holds(history.events(AUDIT.lock, began))} == set(AUDIT.nodes)

    assert_nothing_is_left(site.cluster)
    assert history.events(LOGGING.lock, began) == []
    assert (nodes_of(es), etcd.prefix(LOGGING.hosts).keys()) == (first, hosts)


@contextmanager
def made(cluster: Cluster, shared: SharedFolder) -> Iterator[Es]:
    """Have the second cluster for the block, made and removed as the README says."""
    shared.with_units(cluster.settings.project / cluster.settings.units)
    seat = cluster.machines[1]
    with ExitStack() as stack:
        for machine in cluster.machines:
            stack.callback(typed, machine, shared.there, FORGET)
            typed(machine, shared.there, f"{CONFIGURE}\n{SMALL}")
        stack.callback(typed, seat, shared.there, UNMAKE)
        typed(seat, shared.there, f"set -e\n{MAKE}")
        yield stack.enter_context(closing(Es(cluster.machines, AUDIT.http_port)))


def assert_own_nodes(one: Es, two: Es) -> None:
    assert sorted(node.name for node in one.nodes()) == LOGGING.nodes
    assert sorted(node.name for node in two.nodes()) == AUDIT.nodes
    assert {node.attributes["label"] for node in one.nodes()} == {"ElasticSearch_logging"}
    assert {node.attributes["label"] for node in two.nodes()} == {"ElasticSearch_audit"}


def assert_own_keys(etcd: Etcd, one: Es, two: Es) -> None:
    for label, es in ((LOGGING, one), (AUDIT, two)):
        entries = etcd.prefix(label.hosts)
        assert sorted(entries) == sorted(f"{label.hosts}{node.address}" for node in es.nodes())
        for entry in entries.values():
            assert f'"label": "{label.name}"' in entry.value
            assert f'"http_port": {label.http_port}, "transport_port": {label.transport_port}' in entry.value


def assert_own_indices(one: Es, two: Es) -> None:
    with one.index("of-the-first"), two.index("of-the-second"):
        assert one.any().indices.exists("of-the-first")
        assert two.any().indices.exists("of-the-second")
        assert not one.any().indices.exists("of-the-second")
        assert not two.any().indices.exists("of-the-first")


def assert_own_machines(fleet: Fleet) -> None:
    """Each instance is on a machine of its own; the two clusters share machines."""
    placed = fleet.placements()
    of_first, of_second = ({placed[unit] for unit in label.main_units} for label in (LOGGING, AUDIT))
    assert len(of_second) == len(AUDIT.instances)
    assert of_first & of_second


def names_of(es: Es) -> set[str]:
    return {node.name for node in es.nodes()}


def nodes_of(es: Es) -> dict[str, Node]:
    """Return the nodes by their ids: a node that was started anew has another one."""
    return {node.id: node for node in es.nodes()}


def assert_nothing_is_left(cluster: Cluster) -> None:
    name = AUDIT.name
    assert [unit for unit in cluster.fleet.targets() if name in unit] == []
    assert [key for key in cluster.etcd.all() if name in key] == []
    for machine in cluster.machines:
        assert rest_on(machine) == []


def rest_on(machine: Machine) -> list[str]:
    """Return what a machine has of the second cluster: files, containers, units of systemd."""
    return machine.run(
        f"ls -d /var/lib/{AUDIT.name} /etc/default/{AUDIT.name} 2>/dev/null;"
        f" sudo docker ps --all --quiet --filter name={AUDIT.name};"
        f" systemctl list-units --all --no-legend '{AUDIT.name}*'"
    ).lines
