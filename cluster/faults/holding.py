"""A fault that a person holds: for a while, until Ctrl-C, or beyond the end of the command, until it is healed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from cluster.cluster import Cluster
from cluster.ending import OVER, heard
from cluster.errors import InfraError
from cluster.faults.fault import Fault, FaultDidNotBite, Unavailable, begin, end
from cluster.faults.kinds import make
from cluster.faults.order import Order
from cluster.faults.store import Held

Tell = Callable[[Order, str, str], None]
"""Is told of each phase of a fault, as the history is: inject, bites, heal, healed, failed; and why."""

ENDING = (signal.SIGINT, *OVER)
"""What ends a fault that is held in the foreground, Ctrl-C among it."""


class Holder:
    """Does faults to a cluster, and writes down which of them are to be healed, before they are done."""

    def __init__(self, cluster: Cluster, tell: Tell) -> None:
        self._cluster, self._tell = cluster, tell
        self._held = Held(cluster.settings)

    def hold(self, order: Order) -> Order:
        """Do it, and return when it bites; it stays. Returns the order as it is written down."""
        return self._begin(order).order

    def hold_until(self, order: Order, over: Callable[[], object]) -> None:
        """Do it, wait until `over` returns, and heal it. Whatever ends the process meanwhile leaves it written down."""
        fault = self._begin(order)
        over()
        self._end(fault)

    def heal(self, order: Order) -> None:
        """Undo one that is written down, and forget it."""
        self._end(make(self._cluster, order))

    def orders(self) -> list[Order]:
        """Return what is written down, the newest first: in this order they are to be healed."""
        return self._held.orders()[::-1]

    def _begin(self, order: Order) -> Fault:
        fault = make(self._cluster, order)
        if fault.order in self._held.orders():
            raise InfraError(f"{fault.order} is held already")
        self._held.add(fault.order)
        self._tell(fault.order, "inject", "")
        try:
            begin(fault)
        except (Unavailable, FaultDidNotBite):  # nothing was done, or it is undone
            self._held.remove(fault.order)
            raise
        self._tell(fault.order, "bites", "")
        return fault

    def _end(self, fault: Fault) -> None:
        self._tell(fault.order, "heal", "")
        end(fault)
        self._held.remove(fault.order)
        self._tell(fault.order, "healed", "")


@contextmanager
def until_told() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and its like set inside the block, instead of ending the process.

    So a fault is healed in peace; who cannot wait kills the process: the fault is written down.
    """
    told = threading.Event()

    def hear(_number: int, _frame: FrameType | None) -> None:
        told.set()

    with heard(ENDING, hear):
        yield told
