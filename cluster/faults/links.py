"""Bad things done to a machine's link: what it sends is sent slowly, or late."""

from __future__ import annotations

import re
from abc import abstractmethod

from cluster.faults.fault import Fault
from cluster.faults.order import Order
from cluster.machine import Machine

LINK = "eth0"
HANDLE = "fa01:"
"""The traffic control of a fault: another one's is not touched."""

PROBE = 20000
"""Bytes of a ping that proves the fault: far more than passes in one burst."""

BURST = 1600
"""Bytes that pass at once: one packet."""


class Shaping(Fault):
    """What a machine sends to others goes through a queue of its own; what it sends to the host does not."""

    def __init__(self, machine: Machine, peer: Machine, order: Order) -> None:
        self.order = order
        self._machine, self._peer = machine, peer

    @property
    @abstractmethod
    def _class(self) -> str:
        """The parameters of the class that what is meant goes through."""

    @property
    @abstractmethod
    def _queue(self) -> str:
        """The queue behind that class, with its parameters."""

    @property
    @abstractmethod
    def _least(self) -> float:
        """Milliseconds that a ping of PROBE bytes takes at least."""

    def unavailable(self) -> str | None:
        """Ask the kernel, on a link that leads nowhere."""
        tried = self._machine.run(
            "sudo unshare --net sh -c %s",
            f"ip link set lo up && tc qdisc add dev lo root handle {HANDLE} htb default 2 && "
            f"tc class add dev lo parent {HANDLE} classid {HANDLE}2 {self._class} && "
            f"tc qdisc add dev lo parent {HANDLE}2 {self._queue} && "
            f"tc filter add dev lo parent {HANDLE} protocol ip u32 match ip dst 127.0.0.2 flowid {HANDLE}1",
            check=False,
        )
        return None if tried.ok else f"tc on {self._machine}: {tried.stderr.strip().splitlines()[-1]}"

    def inject(self) -> None:
        """Put the queue there."""
        on = f"dev {LINK} parent {HANDLE}"
        self._machine.run(
            "gateway=$(ip -4 route show default | cut -d' ' -f3) && test -n \"$gateway\""
            f" && sudo tc qdisc add dev {LINK} root handle {HANDLE} htb default 2"
            f" && sudo tc class add {on} classid {HANDLE}1 htb rate 10gbit"
            f" && sudo tc class add {on} classid {HANDLE}2 {self._class}"
            f" && sudo tc qdisc add {on}2 {self._queue}"
            f" && sudo tc filter add {on} protocol ip u32 match ip dst $gateway flowid {HANDLE}1"
        )

    def bites(self) -> None:
        """Time a ping to another machine."""
        took = self._ping()
        assert took >= self._least, f"{PROBE} bytes from {self._machine} took {took:.1f} ms, not {self._least:.0f} ms"

    def heal(self) -> None:
        """Remove the queue, where it is there; on a machine that has no power there is nothing to undo."""
        if self._machine.is_running and self._is_there():
            self._machine.run(f"sudo tc qdisc del dev {LINK} root")

    def healed(self) -> None:
        """See that it is gone."""
        assert not (self._machine.is_running and self._is_there()), f"the link of {self._machine} still has a queue"

    def _is_there(self) -> bool:
        return f" {HANDLE} root" in self._machine.run(f"sudo tc qdisc show dev {LINK}").stdout

    def _ping(self) -> float:
        """Return the milliseconds that the quickest of three pings took."""
        said = self._machine.run(f"ping -q -c 3 -i 0.2 -W 10 -s {PROBE} {self._peer.address}", within=40).stdout
        found = re.search(r"= ([\d.]+)/", said)
        assert found, f"no ping from {self._machine} to {self._peer} came back: {said}"
        return float(found[1])


class SlowLink(Shaping):
    """What a machine sends to the others passes at so many kilobits a second."""

    def __init__(self, machine: Machine, peer: Machine, *, kilobits: int = 512) -> None:
        super().__init__(machine, peer, Order("slow-link", machine.name, {"kilobits": kilobits}))
        self._rate = kilobits

    @property
    def _class(self) -> str:
        return f"htb rate {self._rate}kbit burst {BURST} cburst {BURST}"

    @property
    def _queue(self) -> str:
        return "pfifo limit 1000"

    @property
    def _least(self) -> float:
        return (PROBE - BURST) * 8 / self._rate / 2  # half of it: the queue's clock lets some pass earlier


class LateLink(Shaping):
    """What a machine sends to the others arrives so many milliseconds later; the kernel must have netem for it."""

    def __init__(self, machine: Machine, peer: Machine, *, milliseconds: int = 200) -> None:
        super().__init__(machine, peer, Order("late-link", machine.name, {"milliseconds": milliseconds}))
        self._late = milliseconds

    @property
    def _class(self) -> str:
        return "htb rate 10gbit"

    @property
    def _queue(self) -> str:
        return f"netem delay {self._late}ms"

    @property
    def _least(self) -> float:
        return self._late
