"""What every fault is: it can be asked whether it is to be had here, done, proven, undone, and proven undone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from cluster import history
from cluster.errors import CommandFailed, InfraError, MachineUnreachable
from cluster.faults import store
from cluster.faults.order import Order


class Unavailable(InfraError):
    """The fault cannot be had on this cluster; the message has the probe's own words."""


class FaultDidNotBite(InfraError):
    """The fault was done, and what it was to do cannot be seen: nothing was tried."""


class FaultNotHealed(Exception):
    """The fault was undone, and its effect can still be seen; or it could not be undone."""


class NotUndone(FaultNotHealed, InfraError):
    """It could not be undone, or nobody could look: trouble of the host, which says nothing about the units."""


class NotBack(FaultNotHealed, AssertionError):
    """It is undone, and what it hit has not come back: that is a failure of what was to come back."""


class Fault(Protocol):
    """Something bad done to a cluster, and its end.

    `heal` knows only the order and what it finds: it also undoes what another process has done, what was done half,
    and what is undone already. `bites` and `healed` wait as long as it takes to be seen, and no longer.
    """

    order: Order
    """What it is, as data. What a role or a unit named is named here: the machine itself."""

    def unavailable(self) -> str | None:
        """Return why it cannot be had here, in the probe's own words; None where it can."""
        return None

    def inject(self) -> None:
        """Do it. Whoever calls this calls `heal`, also when this raises."""

    def bites(self) -> None:
        """Return when it is seen to bite; raises FaultDidNotBite, or what an assertion or a wait raises."""

    def heal(self) -> None:
        """Undo it, as far as it was done; a second call does nothing."""

    def healed(self) -> None:
        """Return when it is seen to be undone; raises FaultNotHealed, or what an assertion or a wait raises."""

    def hit(self) -> list[str]:
        """Return the machines that it was done to, where the order does not name them: judges excuse only those."""
        return []


F = TypeVar("F", bound=Fault)

_numbers = itertools.count(1)

TROUBLE = (AssertionError, CommandFailed, InfraError)
"""What a step of a fault ends with when it does not succeed."""


@contextmanager
def injected(fault: F) -> Iterator[F]:
    """Have the fault inside the block, from when it bites; afterwards it is healed, whatever happened inside.

    Raises Unavailable before anything is done, FaultDidNotBite instead of entering the block, FaultNotHealed after it.
    The run's history is told each step.
    """
    number = begin(fault)
    try:
        yield fault
    finally:
        end(fault, number)


def begin(fault: Fault) -> int:
    """Do it, and return its number in the history when it bites; where it does not, it is healed before this raises.

    For who cannot use `injected`, because the fault outlives what began it.
    """
    if why := fault.unavailable():
        pass_over(fault, why)
        raise Unavailable(f"{fault.order}: {why}")
    number = next(_numbers)
    try:
        store.note(number, fault.order)
        _tell(fault, number, "inject")
        _done(fault, number)
        _tell(fault, number, "bites")
    except BaseException as error:
        try:
            end(fault, number)
        except FaultNotHealed as worse:
            raise type(worse)(f"{worse}\nbefore that: {type(error).__name__}: {error}") from error
        raise
    return number


def pass_over(fault: Fault, why: str) -> None:
    """Tell the history that the fault was not to be had, and why: nothing was done, and a reader asks for it."""
    _tell(fault, next(_numbers), "unavailable", why)


def end(fault: Fault, number: int | None = None) -> None:
    """Undo it, and return when that is proven; also what another process has begun, which needs no number."""
    number = next(_numbers) if number is None else number
    _tell(fault, number, "heal")
    _undone(fault, number)
    _seen_undone(fault, number)
    store.cross_out(number)
    _tell(fault, number, "healed")


def _done(fault: Fault, number: int) -> None:
    try:
        fault.inject()
        fault.bites()
    except TROUBLE as error:
        _tell(fault, number, "failed", str(error))
        raise FaultDidNotBite(f"{fault.order}: {error}") from error


def _undone(fault: Fault, number: int) -> None:
    """Heal; what interrupts that is heard after a second try."""
    try:
        try:
            fault.heal()
        except TROUBLE:
            raise
        except BaseException:  # Ctrl-C, or a signal that ends the process
            fault.heal()
            raise
    except TROUBLE as error:
        _tell(fault, number, "failed", str(error))
        raise NotUndone(f"{fault.order}: {error}") from error


def _seen_undone(fault: Fault, number: int) -> None:
    try:
        fault.healed()
    except TROUBLE as error:
        _tell(fault, number, "failed", str(error))
        unseen = isinstance(error.__cause__, MachineUnreachable)  # a wait's last try
        kind = NotBack if isinstance(error, AssertionError) and not unseen else NotUndone
        raise kind(f"{fault.order}: {error}") from error


def _tell(fault: Fault, number: int, phase: str, why: str = "") -> None:
    more: dict[str, Any] = {"why": why} if why else {}
    if machines := fault.hit():
        more["machines"] = machines
    history.tell("fault", id=number, fault=fault.order.to_json(), phase=phase, **more)
