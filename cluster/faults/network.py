"""Bad things done to the network between machines: packets are lost, all of them or some."""

from __future__ import annotations

import itertools
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

    def __init__(self, order: Order, lost: Sequence[Packets], strangers: Sequence[Machine] = ()) -> None:
        """Take what is lost, a machine each, and those on the other side, as far as they are known."""
        self.order = order
        self._lost = {each.machine: each for each in lost}
        self._machines, self._strangers, self._looks = list(self._lost), list(strangers), itertools.count()

    def unavailable(self) -> str | None:
        """Ask iptables."""
        percent = min(each.percent for each in self._lost.values())
        return next(filter(None, at_once(lambda machine: packets.to_drop(machine, percent), self._machines)), None)

    def inject(self) -> None:
        """Drop them."""
        at_once(lambda machine: self._lost[machine].drop(), self._machines)

    def bites(self) -> None:
        """See that each machine drops some, each way that is meant; somebody on the other side knocks where none came.

        Where nobody on the other side is known, one way is enough: what is sent may not be answered.
        """
        names = ", ".join(map(str, self._machines))
        eventually(f"packets of {names} are dropped", lambda: not self._whole(), within=10, context=self._counts)

    def heal(self) -> None:
        """Let them pass; on a machine that has no power there is nothing to undo."""
        at_once(lambda machine: self._lost[machine].let_pass(), self._on())

    def healed(self) -> None:
        """See that no rule of this fault is left."""
        left = [machine for machine in self._on() if not self._lost[machine].all_pass()]
        assert not left, f"packets of {left} are still dropped"

    def _whole(self) -> list[Machine]:
        """Return those that dropped none so far, some way that is meant; somebody knocks there, for the next look."""
        enough = all if self._strangers else any
        dropped = at_once(lambda machine: self._lost[machine].dropped(), self._machines)
        whole = [one for one, counts in zip(self._machines, dropped, strict=True) if not enough(counts.values())]
        if whole and (others := [one for one in self._strangers if one.is_running]):
            other = others[next(self._looks) % len(others)]  # another one each time: one may itself be cut off
            at_once(lambda machine: self._lost[machine].knock(other), whole)
        return whole

    def _counts(self) -> str:
        return "\n".join(f"{machine} dropped {self._lost[machine].dropped()}" for machine in self._machines)

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
        strangers: Sequence[Machine] = (),
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
        super().__init__(order, lost, strangers)
        self._is_of_nodes = bool(ports) and {*ports} <= {*SERVICES["elasticsearch"]}

    def unavailable(self) -> str | None:
        """Ask iptables; and the machines for their nodes, where nothing but these is cut off."""
        return super().unavailable() or (self._without_nodes() if self._is_of_nodes else None)

    def _without_nodes(self) -> str | None:
        for side in filter(None, (self._machines, self._strangers)):
            if not any(at_once(lambda machine: machine.is_running and machine.runs("java"), side)):
                return f"no node runs on {', '.join(map(str, side))}: nothing of Elasticsearch would be lost"
        return None


class PacketLoss(Losing):
    """Some percent of the packets of a machine are lost, each by its own chance."""

    def __init__(
        self, machine: Machine, strangers: Sequence[Machine] = (), *, percent: int = 30, direction: str = "both"
    ) -> None:
        order = Order("packet-loss", machine.name, {"percent": percent, "direction": direction})
        super().__init__(order, [Packets(machine, direction, percent=percent)], strangers)


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
