"""Bad things done to a machine: each is a context manager that proves that it bites, and heals at its end."""

from __future__ import annotations

from collections.abc import Iterator
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
