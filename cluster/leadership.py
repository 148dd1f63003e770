"""Who leads etcd and the fleet engine, brought to where a story needs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cluster.cluster import Cluster
from cluster.errors import InfraError
from cluster.eventually import eventually
from cluster.machine import Machine, at_once

HELD = 3.0
"""Seconds for which fleetd may be held back: well below agent_ttl (5), or fleet would miss the machine."""


def a_member(cluster: Cluster, among: Sequence[Machine]) -> Machine:
    """Return the first of the machines that is a member of etcd."""
    for machine in cluster.members:
        if machine in among:
            return machine
    raise InfraError(f"none of {', '.join(map(str, among))} is a member of etcd")


def lead_both(cluster: Cluster, member: Machine) -> None:
    """Have a machine, which must be a member of etcd, lead etcd and the fleet engine; it does so when this returns."""
    lead_engine(cluster, member)
    lead_etcd(cluster, member)
    leaders = cluster.etcd_leader(), cluster.engine_leader()
    assert leaders == (member, member), f"etcd and the engine are led by {leaders}, wanted is {member}"


def lead_etcd(cluster: Cluster, member: Machine) -> None:
    """Hand the leadership of etcd over to a member."""
    leader = cluster.etcd_leader()
    if leader != member:
        listed = "ETCDCTL_API=3 etcdctl member list | grep --fixed-strings %s | cut -d, -f1"
        leader.run(f"ETCDCTL_API=3 etcdctl move-leader $({listed})", f"http://{member.address}:2380")
    eventually(f"{member} leads etcd", lambda: cluster.etcd_leader() == member, within=10)


def lead_engine(cluster: Cluster, machine: Machine) -> None:
    """Restart the fleetd that leads while all others but this machine's are held back: units run on meanwhile."""
    leader = cluster.engine_leader()
    if leader == machine:
        return
    ids = {row.ip: row.id for row in cluster.fleet.machine_rows()}
    if machine.address not in ids:
        raise InfraError(f"fleet does not list {machine}")
    id = ids[machine.address]
    with _held_back([one for one in cluster.machines if one not in (leader, machine)]):
        leader.run("sudo systemctl restart --no-block fleet.service")
        eventually(f"{machine} leads the engine", lambda: cluster.engine_leader_id() == id, within=HELD, every=0.05)
    eventually(f"fleet lists {leader}", lambda: leader in cluster.fleet.machines(), within=10)


@contextmanager
def _held_back(machines: Sequence[Machine]) -> Iterator[None]:
    """Have the fleetd of these machines do nothing inside the block; afterwards each goes on."""
    try:
        _signal(machines, "STOP")
        yield
    finally:
        _signal(machines, "CONT")


def _signal(machines: Sequence[Machine], name: str) -> None:
    at_once(lambda machine: machine.run(f"sudo systemctl kill --signal={name} fleet.service"), machines)
