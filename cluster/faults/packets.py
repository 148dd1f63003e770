"""Packets that a machine drops: a chain of iptables for each fault, that no other rule of the machine is mixed with."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cluster.machine import Machine

DIRECTIONS = ("both", "in", "out")
"""Which packets are meant: those that the machine gets, those that it sends, or both."""

INTERFACE = "eth0"
"""What leads to the other machines."""

_WAYS = {"in": ("INPUT -i",), "out": ("OUTPUT -o",), "both": ("INPUT -i", "OUTPUT -o")}

KNOCKS = 100
"""Pings that make certain that some are lost, where only some are: of 5 % all would pass once in 170 times."""


@dataclass(frozen=True)
class Packets:
    """Which packets of a machine a fault drops: those to and from others, but for the host's and its friends'."""

    machine: Machine
    direction: str = "both"
    ports: tuple[int, ...] = ()
    """Only those of these ports of TCP, on either end; none means all, of any protocol."""
    friends: tuple[str, ...] = ()
    """The addresses that are spared."""
    percent: int = 100

    @property
    def chain(self) -> str:
        """The chain's name: the same for the same packets, so that another process finds what this one has made."""
        words = repr((self.direction, self.ports, self.friends, self.percent))
        return f"FAULT-{zlib.crc32(words.encode()):08x}"

    def drop(self) -> None:
        """Drop them from now on. The host is spared: it is what looks on."""
        self.let_pass()
        chain = self.chain
        spared = ["$gateway", *self.friends]
        commands = [
            "gateway=$(ip -4 route show default | cut -d' ' -f3) && test -n \"$gateway\"",
            f"sudo iptables -w -N {chain}",
            *(f"sudo iptables -w -A {chain} {end} {one} -j RETURN" for one in spared for end in ("-s", "-d")),
            *(
                f"sudo iptables -w -A {chain} {way.split()[1]} {INTERFACE} {rule} -j DROP"
                for way in _WAYS[self.direction]
                for rule in self._rules()
            ),
            *(f"sudo iptables -w -I {way} {INTERFACE} -j {chain}" for way in _WAYS[self.direction]),
        ]
        self.machine.run(" && ".join(commands))

    def dropped(self) -> dict[str, int]:
        """Return how many were dropped so far: of what the machine gets, `in`, and of what it sends, `out`."""
        listed = self.machine.run(f"sudo iptables -w -L {self.chain} --verbose --numeric --exact").lines[2:]
        found = {way: 0 for way in ("in", "out") if self.direction in (way, "both")}
        for packets, _, target, _, _, into, *_ in map(str.split, listed):
            if target == "DROP":
                found["in" if into == INTERFACE else "out"] += int(packets)
        return found

    def knock(self, other: Machine) -> None:
        """Send some between the machine and another one, each way that is meant: where nobody speaks, none is dropped.

        None of it needs an answer, and nobody has to listen.
        """
        if self.direction != "in":
            self.machine.run(self._knock(other.address), check=False)
        if self.direction != "out":
            other.run(self._knock(self.machine.address), check=False)

    def let_pass(self) -> None:
        """Remove the chain and what leads to it, as far as they are there; raises CommandFailed if they stay."""
        chain = self.chain
        self.machine.run(
            f"for way in INPUT OUTPUT; do sudo iptables -w -S $way | grep -e '-j {chain}$' | sed 's/^-A/-D/'"
            " | xargs --no-run-if-empty --max-lines=1 sudo iptables -w; done;"
            f" sudo iptables -w -F {chain} 2>/dev/null && sudo iptables -w -X {chain};"
            f" ! sudo iptables -w -S | grep -q {chain}"
        )

    def all_pass(self) -> bool:
        """Whether no rule of this fault is left."""
        return self.machine.run(f"! sudo iptables -w -S | grep -q -e {self.chain}", check=False).ok

    def _knock(self, address: str) -> str:
        if self.ports:
            return f"timeout 1 bash -c ': </dev/tcp/{address}/{self.ports[0]}'"
        return f"sudo ping -q -n -W 1 -i 0.01 -c {1 if self.percent == 100 else KNOCKS} {address}"

    def _rules(self) -> Iterable[str]:
        some = "" if self.percent == 100 else f" -m statistic --mode random --probability {self.percent / 100:g}"
        ends = [f"-p tcp --{end}port {port}" for port in self.ports for end in ("s", "d")] or [""]
        return [f"{end}{some}" for end in ends]


def to_drop(machine: Machine, percent: int = 100) -> str | None:
    """Return why a machine cannot drop packets, in iptables' own words; None where it can."""
    some = "" if percent == 100 else " -m statistic --mode random --probability 0.5"
    probe = f"sudo iptables -w -N PROBE && sudo iptables -w -A PROBE{some} -j DROP"
    clean = "sudo iptables -w -F PROBE; sudo iptables -w -X PROBE"
    tried = machine.run(f"{probe}; status=$?; {clean}; exit $status", check=False)
    return None if tried.ok else f"iptables on {machine}: {tried.stderr.strip() or tried.stdout.strip()}"


def addresses(machines: Sequence[Machine]) -> tuple[str, ...]:
    """Return their addresses."""
    return tuple(machine.address for machine in machines)
