"""What the recorder of Marvel's history costs a machine, beside its discovery."""

from __future__ import annotations

from collections.abc import Sequence

from cluster.bench.idling import MEGABYTE, WATCHED, Cost
from cluster.errors import InfraError
from cluster.machine import Machine, at_once

MEASURE = """\
pid=$(pgrep --newest --full '^/usr/bin/python3 -SE /usr/bin/elasticsearch-fleet discovery')
ticks() { sed 's/.*) //' /proc/$pid/stat | cut -d ' ' -f 2,12,13; }
memory() { sudo sed -n 's/^Pss: *//p' /proc/$1/smaps_rollup; }
getconf CLK_TCK; ticks; sleep %s; ticks; memory $pid"""
"""The newest of the discovery's processes is the recorder, its child; memory that it shares with it counts half."""


def costs(machines: Sequence[Machine]) -> list[Cost]:
    """Return what the recorder costs each machine that has one; all are watched at the same time.

    Its memory is its proportional share (PSS).
    """
    return at_once(_cost, machines)


def _cost(machine: Machine) -> Cost:
    return cost(machine.run(MEASURE, str(WATCHED), within=WATCHED + 40).stdout, WATCHED)


def cost(told: str, seconds: float) -> Cost:
    """Read what MEASURE printed; raises InfraError where the recorder was not there all the time."""
    try:
        hertz, before, after, memory = told.splitlines()
        parents, spent = zip(*(_ticks(line) for line in (before, after)), strict=True)
        kilobytes = int(memory.removesuffix("kB"))
    except ValueError:
        raise InfraError(f"the recorder's processor time and memory cannot be read from {told!r}") from None
    if len(set(parents)) > 1:
        raise InfraError("the recorder ended while it was watched")
    return Cost(kilobytes * 1024 / MEGABYTE, 100 * (spent[1] - spent[0]) / int(hertz) / seconds)


def _ticks(line: str) -> tuple[int, int]:
    """Read a process's parent and the ticks that it has spent."""
    parent, user, system = map(int, line.split())
    return parent, user + system
