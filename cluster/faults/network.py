"""Bad things done to the network between machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.eventually import eventually
from cluster.machine import Machine

CHAIN = "CUT-OFF"
"""The chain of iptables that drops; no other rule of the machine is touched."""


@contextmanager
def cut_off(machine: Machine, *ports: int) -> Iterator[None]:
    """Drop every packet between the machine and the others inside the block; with `ports`, only those of these ports.

    The host still reaches the machine: it is what looks on. Nobody is told: connections stay open and silent.
    """
    rules = [f"-p tcp --{end}port {port}" for port in ports for end in ("s", "d")] or [""]
    drops = [f"sudo iptables -w -A {CHAIN} {rule} -j DROP" for rule in rules]
    _heal(machine)
    try:
        machine.run(
            " && ".join(
                [
                    f"sudo iptables -w -N {CHAIN} && gateway=$(ip -4 route show default | cut -d' ' -f3)",
                    *drops,
                    f"sudo iptables -w -I INPUT -i eth0 ! -s $gateway -j {CHAIN}",
                    f"sudo iptables -w -I OUTPUT -o eth0 ! -d $gateway -j {CHAIN}",
                ]
            )
        )
        eventually(f"packets of {machine} are dropped", lambda: _dropped(machine) > 0, within=10)
        yield
    finally:
        _heal(machine)


def _dropped(machine: Machine) -> int:
    """Return how many packets were dropped since the fault began."""
    listed = machine.run(f"sudo iptables -w -L {CHAIN} --verbose --numeric --exact").lines[2:]
    return sum(int(line.split()[0]) for line in listed)


def _heal(machine: Machine) -> None:
    """Remove the chain and what leads to it, as far as it is there; prove that nothing leads to it any more."""
    machine.run(
        f"for way in INPUT OUTPUT; do sudo iptables -w -S $way | grep -e '-j {CHAIN}$' | sed 's/^-A/-D/'"
        " | xargs --no-run-if-empty --max-lines=1 sudo iptables -w; done;"
        f" sudo iptables -w -F {CHAIN} 2>/dev/null && sudo iptables -w -X {CHAIN};"
        f" ! sudo iptables -w -S | grep -q {CHAIN}"
    )
