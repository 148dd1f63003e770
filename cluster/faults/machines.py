"""Bad things done to whole machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from cluster.machine import Machine


@contextmanager
def killed(machine: Machine) -> Iterator[None]:
    """Cut the machine's power inside the block; afterwards it is on again and answers, whatever happened inside.

    What ran on it is then a matter of the fleet: the machine itself starts nothing that it had.
    """
    machine.kill()
    try:
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
    machine.freeze()
    try:
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
        _at_once(Machine.halt, more)

    try:
        halt(*machines)
        yield halt
    finally:
        _at_once(Machine.start, [machine for machine in off if not machine.is_running])


def _at_once(act: Callable[[Machine], None], machines: Sequence[Machine]) -> None:
    if machines:
        with ThreadPoolExecutor(len(machines)) as pool:
            list(pool.map(act, machines))
