"""Faults drawn by chance: the same seed and shape give the same faults."""

from __future__ import annotations

from collections.abc import Collection
from random import Random

from cluster.faults.kinds import BadOrder, Kind, kinds
from cluster.faults.order import Order
from cluster.faults.targets import Shape


def draw(random: Random, shape: Shape, among: Collection[str] | None = None) -> Order:
    """Return an order that fits the shape: each kind with the same chance, then each target, then each option's choice.

    `among` names the kinds; without it, those that are drawn by default. What it draws need not be available on a
    cluster: ask the fault. Raises BadOrder where no kind has a target in this shape.
    """
    there = kinds()
    if among is not None and (unknown := sorted(set(among) - there.keys())):
        raise BadOrder(f"no kind of fault {', '.join(unknown)}; there are {', '.join(there)}")
    possible = [kind for kind in there.values() if (kind.is_drawn if among is None else kind.name in among)]
    while possible:
        kind = random.choice(possible)
        target = kind.targets.draw(random, shape)
        if target is not None:
            return _order(random, kind, target)
        possible.remove(kind)
    raise BadOrder(f"none of the kinds has a target among {', '.join(shape.machines)}")


def _order(random: Random, kind: Kind, target: str) -> Order:
    return Order(kind.name, target, {name: random.choice(option.choices) for name, option in kind.options.items()})
