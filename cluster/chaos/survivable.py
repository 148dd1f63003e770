"""Which faults a cluster is promised to survive at the same time; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cluster.faults import Order, Shape

LOST = 2
"""Machines that may be lost together: of four copies two are left, of five nodes a quorum; e2e/ proves it."""

MEMBERS_LOST = 1
"""Members of etcd that may be lost together: the other two are its quorum."""


def hit(order: Order, shape: Shape) -> frozenset[str]:
    """Return the places that a fault is aimed at: the machines that its target names, or the one unit.

    Where it names neither, as etcd's leader does not, it may be any machine: all are returned.
    """
    words = re.findall(r"[a-z0-9-]+", order.target)
    machines = frozenset(name for name in shape.machines if name in words)
    unit = frozenset({order.target.partition("/")[0]} & {*shape.units})
    return machines or unit or frozenset(shape.machines)


def are(orders: Sequence[Order], shape: Shape) -> bool:
    """Whether the faults may overlap: no place has two of them, few enough are hit, and etcd keeps its quorum.

    A fault alone is always allowed: each kind is made so that a cluster comes back from it.
    """
    if len(orders) < 2:
        return True
    aims = [hit(order, shape) for order in orders]
    lost = frozenset().union(*aims)
    members = lost & frozenset(shape.members)
    return sum(map(len, aims)) == len(lost) <= LOST and len(members) <= MEMBERS_LOST
