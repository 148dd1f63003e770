"""What is done to one machine's fleetd, and made good again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from cluster import fleetdropin
from cluster.faults import service_killed
from tests.functional.lab import Lab
from tests.functional.node import Node

FLEET, ETCD = "fleet.service", "etcd2.service"


@contextmanager
def fleet_stopped(node: Node) -> Iterator[None]:
    """Have `systemctl stop fleet` said; afterwards it is started again."""
    try:
        node.run(f"sudo systemctl stop {FLEET}")
        yield
    finally:
        node.run(f"sudo systemctl start {FLEET}")


@contextmanager
def fleet_killed(node: Node) -> Iterator[None]:
    """Have fleetd killed, and not started again before the end of the block."""
    with service_killed(node.machine, FLEET):
        yield


@contextmanager
def etcd_away(*nodes: Node) -> Iterator[None]:
    """Kill the etcd of machines; afterwards it runs again."""
    with ExitStack() as stack:
        for node in nodes:
            stack.enter_context(service_killed(node.machine, ETCD))
        yield


@contextmanager
def configured(node: Node, **settings: str) -> Iterator[None]:
    """Have a drop-in with these settings of [Service] at the machine's fleetd, which is restarted before and after.

    `Environment` and others as in systemd.service(5).
    """
    write, remove = fleetdropin.commands("50-case", settings)
    try:
        node.run(write)
        yield
    finally:
        node.run(remove)


@contextmanager
def called(node: Node, machine_id: str) -> Iterator[None]:
    """Have the machine take another id, with fleetd restarted; afterwards it has its own again."""
    try:
        node.run(f"echo {machine_id} | sudo tee /etc/machine-id && sudo systemctl restart {FLEET}")
        yield
    finally:
        node.run(f"echo {node.id} | sudo tee /etc/machine-id && sudo systemctl restart {FLEET}")


def spread(lab: Lab, count: int = 3) -> dict[str, int]:
    """Start b1 to bN, one after another on n1, n2, n3, …; return their main processes."""
    names = [f"b{number}.service" for number in range(1, count + 1)]
    lab.good(f"submit {' '.join(names)}")
    for name in names:
        lab.good(f"start {name}")
    lab.wait_active(*names)
    assert [lab.where()[name] for name in names] == [[lab.nodes[index % 3]] for index in range(count)]
    return lab.pids()
