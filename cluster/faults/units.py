"""Bad things done to units: fleet's, and a machine's own services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.eventually import eventually
from cluster.fleet import Fleet
from cluster.machine import Machine


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
def service_killed(machine: Machine, service: str) -> Iterator[None]:
    """Kill one of a machine's own services with SIGKILL and keep it from coming back inside the block."""
    try:
        machine.run(f"sudo systemctl kill --signal=KILL {service} && sudo systemctl stop {service}")
        assert not machine.run(f"systemctl is-active {service}", check=False).ok, f"{service} runs on"
        yield
    finally:
        machine.run(f"sudo systemctl start {service}")


@contextmanager
def hung(machine: Machine, service: str) -> Iterator[None]:
    """Stop all processes of one of a machine's own services where they are inside the block; then they go on."""
    try:
        machine.run(f"sudo systemctl kill --signal=STOP {service}")
        eventually(f"{service} hangs", lambda: _process_state(machine, service) == "T", within=5)
        yield
    finally:
        machine.run(f"sudo systemctl kill --signal=CONT {service}")
        assert _process_state(machine, service) != "T", f"{service} still hangs"


def _process_state(machine: Machine, service: str) -> str:
    return machine.run(f"ps -o state= -p $(systemctl show -P MainPID {service})").stdout.strip()
