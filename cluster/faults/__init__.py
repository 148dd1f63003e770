"""Bad things done to a cluster: context managers that prove that they bite, and heal at their end."""

from cluster.faults.etcd import leader_killed, without_quorum
from cluster.faults.files import unusable
from cluster.faults.keys import held
from cluster.faults.machines import frozen, halted, killed
from cluster.faults.network import cut_off
from cluster.faults.units import destroyed, hung, service_killed, stopped

__all__ = [
    "cut_off",
    "destroyed",
    "frozen",
    "halted",
    "held",
    "hung",
    "killed",
    "leader_killed",
    "service_killed",
    "stopped",
    "unusable",
    "without_quorum",
]
