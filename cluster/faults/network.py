"""Bad things done to the network between machines: packets are lost, all of them or some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cluster.eventually import eventually
from cluster.faults import packets
from cluster.faults.fault import Fault, injected
from cluster.faults.order import Order
from cluster.faults.packets import Packets
from cluster.machine import Machine, at_once

SERVICES = {"etcd": (2379, 2380), "elasticsearch": (9200, 9300)}
"""What a machine can be cut off from alone, with its ports."""


class Losing(Fault):
    """Packets of some machines are lost: what partitions and lossy links have in common.

    The host still reaches the machines: it is what looks on. Nobody is told: connections stay open and silent.
    """

    def __init__(self, order: Order, lost: Sequence[Packets]) -> None:
        self.order = order
        self._lost = {each.machine: each for each in lost}
        self._machines = list(self._lost)

    def unavailable(self) -> str | None:
        """Ask iptables."""
        percent = min(each.percent for each in self._lost.values())
        return next(filter(None, at_once(lambda machine: packets.to_drop(machine, percent), self._machines)), None)

    def inject(self) -> None:
        """Drop them."""
        at_once(lambda machine: self._lost[machine].drop(), self._machines)

    def bites(self) -> None:
        """See that some were dropped: where nobody says anything, nothing was tried."""
        names = ", ".join(map(str, self._machines))
        eventually(f"packets of {names} are dropped", lambda: self._dropped() > 0, within=10)

    def heal(self) -> None:
        """Let them pass; on a machine that has no power there is nothing to undo."""
        at_once(lambda machine: self._lost[machine].let_pass(), self._on())

    def healed(self) -> None:
        """See that no rule of this fault is left."""
        left = [machine for machine in self._on() if not self._lost[machine].all_pass()]
        assert not left, f"packets of {left} are still dropped"

    def _dropped(self) -> int:
        return sum(at_once(lambda machine: self._lost[machine].dropped(), self._machines))

    def _on(self) -> list[Machine]:
        return [machine for machine in self._machines if machine.is_running]


class Partition(Losing):
    """Machines are cut off from others: from all that are not among them, or from those of `away_from` only.

    `direction` says which packets are lost: `in`, what they would get; `out`, what they send; `both`.
    `only` narrows it to the ports of a service: etcd, elasticsearch, or numbers.
    """

    def __init__(
        self,
        machines: Sequence[Machine],
        friends: Sequence[Machine] = (),
        *,
        away_from: str = "all",
        direction: str = "both",
        only: str = "all",
    ) -> None:
        names = ",".join(machine.name for machine in machines)
        order = Order("partition", names, {"away_from": away_from, "direction": direction, "only": only})
        spared, ports = [*machines, *friends], ports_of(only)
        lost = [
            Packets(machine, direction, ports, packets.addresses([one for one in spared if one != machine]))
            for machine in machines
        ]
        super().__init__(order, lost)


class PacketLoss(Losing):
    """Some percent of the packets of a machine are lost, each by its own chance."""

    def __init__(self, machine: Machine, *, percent: int = 30, direction: str = "both") -> None:
        order = Order("packet-loss", machine.name, {"percent": percent, "direction": direction})
        super().__init__(order, [Packets(machine, direction, percent=percent)])


def ports_of(only: str) -> tuple[int, ...]:
    """Return the ports that a word means: none for `all`; raises ValueError for a word that means none."""
    if only == "all":
        return ()
    try:
        return SERVICES[only] if only in SERVICES else tuple(int(port) for port in only.split(","))
    except ValueError:
        raise ValueError(f"{only!r} is neither all, {', '.join(SERVICES)} nor numbers of ports") from None


@contextmanager
def cut_off(machine: Machine, *ports: int) -> Iterator[None]:
    """Drop every packet between the machine and the others inside the block; with `ports`, only those of these ports.

    The host still reaches the machine: it is what looks on. Nobody is told: connections stay open and silent.
    """
    with injected(Partition([machine], only=",".join(map(str, ports)) or "all")):
        yield
