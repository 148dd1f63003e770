"""Bad things done to etcd as a whole: its leader dies, or too few of its members are left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from cluster.cluster import Cluster
from cluster.errors import InfraError
from cluster.etcd import EtcdDown
from cluster.eventually import eventually
from cluster.faults.units import service_killed
from cluster.machine import Machine
from cluster.settings import ETCD_MEMBERS

SERVICE = "etcd2.service"
BACK = 20.0
"""Seconds until all members answer again."""


@contextmanager
def without_quorum(cluster: Cluster) -> Iterator[None]:
    """Kill all members of etcd but one; afterwards all answer again. Who has asked meanwhile got no answer."""
    members = cluster.members
    if len(members) < ETCD_MEMBERS:
        raise InfraError(f"{len(members)} members of etcd have no quorum to lose")
    with ExitStack() as stack:
        stack.callback(_all_answer, cluster)
        for machine in members[1:]:
            stack.enter_context(service_killed(machine, SERVICE))
        assert cluster.etcd.answering() == [], "etcd answers on"
        yield


@contextmanager
def leader_killed(cluster: Cluster) -> Iterator[Machine]:
    """Kill the leader among etcd's members; the block begins when another one leads. Afterwards all answer again."""
    leader = cluster.etcd_leader()
    with ExitStack() as stack:
        stack.callback(_all_answer, cluster)
        stack.enter_context(service_killed(leader, SERVICE))
        eventually("another member leads", lambda: _leads(cluster) not in (None, leader), within=10)
        yield leader


def _leads(cluster: Cluster) -> Machine | None:
    try:
        return cluster.etcd_leader()
    except EtcdDown:
        return None


def _all_answer(cluster: Cluster) -> None:
    eventually("all members answer", lambda: len(cluster.etcd.answering()) == ETCD_MEMBERS, within=BACK)
