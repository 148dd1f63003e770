"""Who leads etcd and the fleet engine, brought to where a story needs it."""

from __future__ import annotations

from collections.abc import Sequence

from cluster.cluster import Cluster
from cluster.errors import InfraError
from cluster.eventually import eventually
from cluster.machine import Machine
from cluster.settings import ETCD_MEMBERS

TRIES = 60.0
"""Seconds in which the engine's leadership has come to the machine: each try takes about one, and any may win it."""


def lead_both(cluster: Cluster, among: Sequence[Machine]) -> Machine:
    """Have one of these machines, which must be a member of etcd, lead etcd and the fleet engine; return it."""
    member = next((machine for machine in members(cluster) if machine in among), None)
    if member is None:
        raise InfraError(f"none of {', '.join(map(str, among))} is a member of etcd")
    lead_etcd(cluster, member)
    lead_engine(cluster, member)
    return member


def members(cluster: Cluster) -> list[Machine]:
    """Return the machines with a member of etcd."""
    return cluster.machines[:ETCD_MEMBERS]


def lead_etcd(cluster: Cluster, member: Machine) -> None:
    """Hand the leadership of etcd over to a member."""
    leader = cluster.etcd_leader()
    if leader != member:
        listed = "ETCDCTL_API=3 etcdctl member list | grep --fixed-strings %s | cut -d, -f1"
        leader.run(f"ETCDCTL_API=3 etcdctl move-leader $({listed})", f"http://{member.address}:2380")
    eventually(f"{member} leads etcd", lambda: cluster.etcd_leader() == member, within=10)


def lead_engine(cluster: Cluster, machine: Machine) -> None:
    """Restart the fleetd that leads, so that another one is elected, until it is this one: units run on meanwhile."""

    def leads() -> bool:
        leader = cluster.engine_leader()
        if leader == machine:
            return True
        leader.run("sudo systemctl restart fleet.service")
        return eventually("another fleetd leads", lambda: cluster.engine_leader() != leader, within=10) and (
            cluster.engine_leader() == machine
        )

    eventually(f"{machine} leads the engine", leads, within=TRIES)
