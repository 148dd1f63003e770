"""The commands `cluster kill` and `cluster start`: a machine's power, off and on."""

from __future__ import annotations

from typing import Annotated

import typer

from cluster import commandline
from cluster.cluster import Cluster
from cluster.commandline import check_machine, machine_of, owned, say
from cluster.faults.command import JSON, teller
from cluster.faults.fault import end
from cluster.faults.holding import Holder
from cluster.faults.machines import FreezeMachine, KillMachine
from cluster.faults.order import Order
from cluster.faults.store import Held
from cluster.machine import Machine

MACHINES = Annotated[list[str], typer.Argument(metavar="MACHINE…", help="core-01, core-02, …")]


def kill(machines: MACHINES, json: JSON = False) -> None:
    """Cut the power of machines, as `fault kill-machine MACHINE --hold` does; `start`, or `heal`, brings them back."""
    with owned("cluster kill", quiet=json) as cluster:
        for name in machines:
            check_machine(cluster.settings, name)
        holder = Holder(cluster, teller(json))
        for name in machines:
            if cluster.provider.is_running(name) or cluster.provider.is_frozen(name):
                holder.hold(Order("kill-machine", name))
            elif not json:
                say(f"{name} is off already")
    if not json:
        say(f"on again: {commandline.again(' '.join(['start', *machines]))}")


def start(machines: MACHINES, json: JSON = False) -> None:
    """Switch machines on that are off, thaw those that are frozen, and return when they answer."""
    with owned("cluster start", quiet=json) as cluster:
        for name in machines:
            check_machine(cluster.settings, name)
        for name in machines:
            _start(cluster, machine_of(cluster, name), json)


def _start(cluster: Cluster, machine: Machine, json: bool) -> None:
    """Heal whatever keeps a machine from running, and forget that it was to be healed."""
    tell, held = teller(json), Held(cluster.settings)
    fault = FreezeMachine(machine) if machine.is_frozen else KillMachine(machine)
    if machine.is_running:
        if not json:
            say(f"{machine} is on")
    else:
        tell(fault.order, "heal", "")
        end(fault)
        tell(fault.order, "healed", "")
    for kind in ("kill-machine", "freeze-machine", "halt-machine"):
        held.remove(Order(kind, machine.name))
