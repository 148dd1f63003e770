"""Every kind of fault bites and heals on real machines; what needs Elasticsearch is shown here on what stands for it.

A kind that not every host can have is skipped there, with the words of its probe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest

from cluster.faults import Order, Unavailable, gate, injected, kinds, make
from cluster.faults.fault import end
from cluster.faults.order import Value
from tests.functional.lab import Lab, unit

FOLDER = "/var/lib/faulty"
"""A folder with a document, on a machine's own disk."""

CONTAINER = "faulty"

MAIN, SIDE = "main@1.service", "side@1.service"
"""Instances of two templates, which stay when an instance is destroyed."""

ORDERS = [
    Order("kill-process", "{n2}/fleet.service"),
    Order("kill-process", "{n2}/etcd2.service", {"keep_down": True}),
    Order("kill-process", "{n2}/dockerd"),
    Order("freeze-process", "{n2}/fleet.service"),
    Order("freeze-process", "{n2}/dockerd"),
    Order("kill-container", f"{{n3}}/{CONTAINER}"),
    Order("kill-machine", "{n3}"),
    Order("freeze-machine", "{n3}"),
    Order("halt-machine", "{n3}"),
    Order("reboot-machine", "{n3}"),
    Order("partition", "{n1}"),
    Order("partition", "{n1},{n2}"),
    Order("partition", "{n1}", {"away_from": "{n2}"}),
    Order("partition", "{n2}", {"direction": "in"}),
    Order("partition", "{n2}", {"direction": "out"}),
    Order("partition", "{n2}", {"only": "etcd"}),
    Order("packet-loss", "{n3}", {"percent": 30}),
    Order("slow-link", "{n3}", {"kilobits": 512}),
    Order("late-link", "{n3}", {"milliseconds": 200}),
    Order("disk-full", "{n3}", {"folder": FOLDER}),
    Order("clock-skew", "{n2}/fleet.service", {"seconds": -60}),
    Order("etcd-leader-loss", "etcd"),
    Order("etcd-quorum-loss", "etcd"),
    Order("engine-leader-loss", "fleet"),
    Order("hide-folder", "{n3}", {"folder": FOLDER}),
    Order("stop-unit", MAIN),
    Order("destroy-sidekick", SIDE, {"of": MAIN}),
    Order("hold-lock", "/locks/faulty", {"holder": "the operator"}),
]


def test_every_kind_is_tried() -> None:
    assert {order.kind for order in ORDERS} == kinds().keys()


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_a_fault_bites_and_is_healed(order: Order, lab: Lab) -> None:
    fault = make(lab.cluster, here(order, lab))
    with ExitStack() as stack:
        if (prepare := PREPARED.get(order.kind)) is not None:
            stack.enter_context(prepare(lab))
        try:
            with injected(fault):
                pass
        except Unavailable as why:
            if order.kind not in PROBED:
                raise
            pytest.skip(str(why))
        gate(lab.cluster, f"after {order}", within=30)
        again = make(lab.cluster, fault.order)
        again.heal()
        again.healed()
    gate(lab.cluster, f"after {order} was healed a second time", within=30)


def test_what_one_process_has_done_another_one_heals_by_the_order_alone(lab: Lab) -> None:
    order = Order("partition", lab.n2.machine.name, {"only": "etcd"})
    first = make(lab.cluster, order)
    first.inject()
    first.bites()
    end(make(lab.cluster, Order.from_json(first.order.to_json())))
    first.healed()
    gate(lab.cluster, "after it was healed", within=30)


def test_faults_inside_one_another_are_healed_one_by_one(lab: Lab) -> None:
    n3 = lab.n3.machine.name
    with (
        injected(make(lab.cluster, Order("packet-loss", n3))) as lossy,
        injected(make(lab.cluster, Order("partition", n3, {"only": "etcd"}))),
        injected(make(lab.cluster, Order("freeze-process", f"{n3}/fleet.service"))),
    ):
        lossy.bites()
    gate(lab.cluster, "after all of them", within=30)


def here(order: Order, lab: Lab) -> Order:
    """Return the order with the names of these machines."""
    names = {"n1": lab.n1.machine.name, "n2": lab.n2.machine.name, "n3": lab.n3.machine.name}
    options: Mapping[str, Value] = {
        name: value.format(**names) if isinstance(value, str) else value for name, value in order.options.items()
    }
    return Order(order.kind, order.target.format(**names), options)


@contextmanager
def a_container(lab: Lab) -> Iterator[None]:
    """Have a container that sleeps, and that nobody starts again."""
    image = lab.n3.run("sudo docker images --quiet | head -1").stdout.strip()
    try:
        lab.n3.run(f"sudo docker run --detach --name {CONTAINER} --entrypoint sleep {image} 1000")
        yield
    finally:
        lab.n3.run(f"sudo docker rm --force {CONTAINER}")


@contextmanager
def a_folder(lab: Lab) -> Iterator[None]:
    """Have a folder with a document, which is there afterwards."""
    try:
        lab.n3.run(f"sudo mkdir {FOLDER} && echo kept | sudo tee {FOLDER}/document")
        yield
        assert lab.n3.run(f"ls {FOLDER} && cat {FOLDER}/document").lines == ["document", "kept"]
    finally:
        lab.n3.run(f"sudo rm -rf {FOLDER}")


@contextmanager
def two_units(lab: Lab) -> Iterator[None]:
    """Have a unit and its sidekick run."""
    lab.write_all({"main@.service": unit(), "side@.service": unit("MachineOf=main@%i.service")})
    lab.good("submit main@.service side@.service")
    lab.good(f"start {MAIN} {SIDE}")
    lab.wait_active(MAIN, SIDE)
    yield


@contextmanager
def docker_is_there(lab: Lab) -> Iterator[None]:
    """Wait for the dockerd that an earlier fault has killed: systemd starts it again after some seconds."""
    lab.wait("docker answers", lambda: lab.n2.run("sudo docker info", check=False).ok, within=20)
    yield


PREPARED: dict[str, Callable[[Lab], AbstractContextManager[None]]] = {
    "freeze-process": docker_is_there,
    "kill-container": a_container,
    "disk-full": a_folder,
    "hide-folder": a_folder,
    "stop-unit": two_units,
    "destroy-sidekick": two_units,
}
"""What must be there for a kind to have a target."""

PROBED = {"packet-loss", "slow-link", "late-link", "disk-full"}
"""Kinds that not every host can have."""
