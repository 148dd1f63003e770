"""Machines whose fleet has a fence, and what a machine's fence said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster import fleetdropin
from cluster.eventually import eventually
from cluster.machine import Machine

SUPERVISOR = "fleet-fence.service"
_WRITE, _REMOVE = fleetdropin.commands("40-fence", {"Environment": "FLEET_FENCE=true"})


@contextmanager
def fenced(machine: Machine) -> Iterator[None]:
    """Have fence: true on a machine inside the block, as an operator sets it: a drop-in, and a restart of fleetd."""
    try:
        machine.run(_WRITE)
        eventually(f"the fence of {machine} is up", lambda: _is_up(machine), within=10)
        eventually(f"the fleetd of {machine} has a lease", lambda: _has_lease(machine), within=10)
        yield
    finally:
        machine.run(_REMOVE)
        eventually(f"{machine} has no fence", lambda: not _is_up(machine), within=10)


def _is_up(machine: Machine) -> bool:
    return machine.run(f"systemctl is-active {SUPERVISOR}", check=False).ok


def _has_lease(machine: Machine) -> bool:
    """Whether its fleetd has one: it answers only then. The entry that others list may be its predecessor's."""
    return machine.run("fleetctl list-machines", check=False).ok
