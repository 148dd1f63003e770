"""What a process costs a machine; and fleetd's cost while nothing happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cluster.errors import InfraError
from cluster.machine import Machine, at_once

WATCHED = 20
"""Seconds over which processor time is counted: a tick of 10 ms is then 0.05 %."""

FLEETD = "systemctl show --property=MainPID --value fleet.service"

MEASURE = """\
ticks() { sed 's/.*) //' /proc/$pid/stat | cut -d ' ' -f 12,13; }
getconf CLK_TCK; ticks; sleep %s; ticks; sed -n 's/^VmRSS: *//p' /proc/$pid/status"""

MEGABYTE = 1e6


def measure(process: str) -> str:
    """Return the command whose output `cost` reads, to be given the seconds; `process` is one that prints the pid."""
    return f"pid=$({process})\n{MEASURE}"


@dataclass(frozen=True)
class Cost:
    """A process's memory in MB, resident where nothing else is said, and its share of one processor in percent."""

    memory: float
    cpu: float


def costs(machines: Sequence[Machine]) -> list[Cost]:
    """Return what fleetd costs each machine; all are watched at the same time, with nothing asked of them meanwhile."""
    return at_once(_cost, machines)


def _cost(machine: Machine) -> Cost:
    return cost(machine.run(measure(FLEETD), str(WATCHED), within=WATCHED + 40).stdout, WATCHED)


def cost(told: str, seconds: float) -> Cost:
    """Read what MEASURE printed; raises InfraError where the process was not there all the time."""
    try:
        hertz, before, after, memory = told.splitlines()
        spent = sum(map(int, after.split())) - sum(map(int, before.split()))
        kilobytes = int(memory.removesuffix("kB"))
    except ValueError:
        raise InfraError(f"processor time and memory cannot be read from {told!r}") from None
    return Cost(kilobytes * 1024 / MEGABYTE, 100 * spent / int(hertz) / seconds)
