"""Bad things done to a cluster: each proves that it bites, is undone at its end, and proves that it is.

By name and as data: `make(cluster, order)` and `injected`; what there is: `kinds()`. In a story: the context managers.
"""

from cluster.faults.draw import draw
from cluster.faults.fault import Fault, FaultDidNotBite, FaultNotHealed, Unavailable, injected, pass_over
from cluster.faults.files import unusable
from cluster.faults.gate import gate
from cluster.faults.keys import held
from cluster.faults.kinds import BadOrder, Kind, kinds, make
from cluster.faults.leaders import leader_killed, without_quorum
from cluster.faults.machines import frozen, halted, killed
from cluster.faults.network import cut_off
from cluster.faults.order import Order
from cluster.faults.processes import hung, service_killed
from cluster.faults.store import write_down
from cluster.faults.targets import NoSuchTarget, Shape
from cluster.faults.units import destroyed, stopped

__all__ = [
    "BadOrder",
    "Fault",
    "FaultDidNotBite",
    "FaultNotHealed",
    "Kind",
    "NoSuchTarget",
    "Order",
    "Shape",
    "Unavailable",
    "cut_off",
    "destroyed",
    "draw",
    "frozen",
    "gate",
    "halted",
    "held",
    "hung",
    "injected",
    "killed",
    "kinds",
    "leader_killed",
    "make",
    "pass_over",
    "service_killed",
    "stopped",
    "unusable",
    "without_quorum",
    "write_down",
]
