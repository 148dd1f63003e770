"""Bad things done to whole machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cluster.machine import Machine, at_once


@contextmanager
def killed(machine: Machine) -> Iterator[None]:
    """Cut the machine's power inside the block; afterwards it is on again and answers, whatever happened inside.

    What ran on it is then a matter of the fleet: the machine itself starts nothing that it had.
    """
    try:
        machine.kill()
        yield
    finally:
        if not machine.is_running:
            machine.start()


@contextmanager
def frozen(machine: Machine) -> Iterator[None]:
    """Let no process of the machine run inside the block; afterwards they all go on where they were.

    Its connections stay open and nobody is told: peers learn of it by their own timeouts only. What the kernel does
    for its processes (accepting connections, acknowledging bytes) it goes on doing.
    """
    try:
        machine.freeze()
        yield
    finally:
        if machine.is_frozen:
            machine.thaw()


@contextmanager
def halted(*machines: Machine) -> Iterator[Callable[..., None]]:
    """Switch machines off in an orderly way, all at once, as `vagrant halt` does one by one; afterwards all are on.

    Inside the block, call what it yields with further machines to switch those off as well.
    """
    off: list[Machine] = []

    def halt(*more: Machine) -> None:
        off.extend(more)
        at_once(Machine.halt, more)

    try:
        halt(*machines)
        yield halt
    finally:
        at_once(_on_again, off)


def _on_again(machine: Machine) -> None:
    """Start a machine that was told to halt. One that still runs may go off any moment: its power is cut first."""
    if machine.is_running:
        machine.kill()
    machine.start()
