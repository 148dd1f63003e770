"""Bad things done to machines, units and keys: context managers that prove that they bite, and heal at their end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.etcd import Etcd
from cluster.eventually import eventually
from cluster.fleet import Fleet
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
def stopped(fleet: Fleet, unit: str) -> Iterator[None]:
    """Have a unit stopped at the beginning of the block; at its end it is wanted again. Inside, start it at will."""
    try:
        fleet.ctl(f"stop {unit}")
        assert not fleet.machines_of(unit, "active"), f"{unit} runs on"
        yield
    finally:
        fleet.ctl(f"start --no-block {unit}")


@contextmanager
def destroyed(fleet: Fleet, sidekick: str, of: str) -> Iterator[None]:
    """Have a sidekick destroyed inside the block; then its main unit is stopped and it is loaded again, in that order.

    systemd starts a sidekick together with its main unit, so a main unit that runs already would not get it.
    """
    try:
        fleet.ctl(f"destroy {sidekick}")
        assert sidekick not in fleet.targets(), f"{sidekick} is still there"
        yield
    finally:
        fleet.ctl(f"stop {of}")
        fleet.ctl(f"load {sidekick}")


@contextmanager
def held(etcd: Etcd, key: str, holder: str) -> Iterator[None]:
    """Hold a lock inside the block, as soon as it is free; what somebody else holds by then is not touched."""
    eventually(f"{key} is free", lambda: etcd.put_if_absent(key, holder), within=20)
    try:
        yield
    finally:
        if etcd.get(key) == holder:
            etcd.delete(key)
