"""Machines whose fleet has a fence, and what a machine's fence said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.eventually import eventually
from cluster.machine import Machine

SUPERVISOR = "fleet-fence.service"
_DROP_IN = "/etc/systemd/system/fleet.service.d/40-fence.conf"
_RESTART = "sudo systemctl daemon-reload && sudo systemctl restart fleet.service"


@contextmanager
def fenced(machine: Machine) -> Iterator[None]:
    """Have fence: true on a machine inside the block, as an operator sets it: a drop-in, and a restart of fleetd."""
    text = "[Service]\\nEnvironment=FLEET_FENCE=true\\n"
    try:
        machine.run(f"printf '{text}' | sudo tee {_DROP_IN} >/dev/null && {_RESTART}")
        eventually(f"the fence of {machine} is up", lambda: _is_up(machine), within=10)
        yield
    finally:
        machine.run(f"sudo rm -f {_DROP_IN} && {_RESTART}")
        eventually(f"{machine} has no fence", lambda: not _is_up(machine), within=10)


def _is_up(machine: Machine) -> bool:
    return machine.run(f"systemctl is-active {SUPERVISOR}", check=False).ok
