"""The faults that outlive the command that made them: written down before they are done, until they are healed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from cluster.errors import InfraError
from cluster.faults.order import Order
from cluster.settings import Settings


class Held:
    """The orders of a cluster's faults that somebody has to heal, oldest first; they go with the cluster."""

    def __init__(self, settings: Settings) -> None:
        self.path: Path = settings.folder / "faults.jsonl"

    def orders(self) -> list[Order]:
        """Return them; raises InfraError for a file that is none of ours."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        try:
            return [Order.from_json(json.loads(line)) for line in lines]
        except (ValueError, AttributeError) as error:
            raise InfraError(f"{self.path} cannot be read ({error}); heal by hand, then remove it") from error

    def add(self, order: Order) -> None:
        """Write one down, unless it is there already."""
        if order not in self.orders():
            self._write([*self.orders(), order])

    def remove(self, order: Order) -> None:
        """Forget one that is healed, or was never done."""
        self._write([one for one in self.orders() if one != order])

    def _write(self, orders: Sequence[Order]) -> None:
        """Replace the file as a whole: a command that is killed leaves the old one or the new one."""
        if not orders:
            self.path.unlink(missing_ok=True)
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text("".join(json.dumps(order.to_json()) + "\n" for order in orders))
        new.replace(self.path)


_noting: Held | None = None
_noted: dict[int, Order] = {}


def write_down(settings: Settings | None) -> None:
    """From now on, write down each fault of this process as one of that cluster; None: write down no more.

    For a cluster that outlives the process: whoever is killed leaves nothing that `heal` does not know.
    """
    global _noting
    _noting = Held(settings) if settings is not None else None
    _noted.clear()


def note(number: int, order: Order) -> None:
    """Write a fault down, where that is wanted, before it is done."""
    if _noting is not None and order not in _noting.orders():
        _noting.add(order)
        _noted[number] = order


def change(before: Order, after: Order) -> None:
    """Write a fault down as what it has become, where it was written down: before more is done."""
    for number, order in _noted.items():
        if order == before and _noting is not None:
            _noting.add(after)
            _noting.remove(before)
            _noted[number] = after


def cross_out(number: int) -> None:
    """Forget a fault that is healed, where it was written down."""
    if (order := _noted.pop(number, None)) is not None and _noting is not None:
        _noting.remove(order)
