"""With `fence: true` a machine that others take for dead has ended what they start, before they start it.

The machine is the one without a node of Elasticsearch, where fleet places small units, and only it has the fence. One
unit ends when it is told to; the other one ignores that, and has to be killed in time. What happens when fleetd itself
hangs or is killed is proven on machines without Elasticsearch: tests/functional/test_fence.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from cluster import bounds, faults
from cluster.checkers import Absence, Run, never_on_two_machines
from cluster.cluster import Cluster
from cluster.eventually import eventually, scaled
from cluster.fencing import fenced
from cluster.fleet import Fleet
from cluster.machine import Machine
from cluster.say import Say
from cluster.sharedfolder import SharedFolder

pytestmark = [
    pytest.mark.breaks,
    pytest.mark.known_upstream("coreos/fleet#1289: a machine that is cut off runs on"),
]

SERVICE = "[Service]\nExecStart=/bin/sh -c '{}'\nTimeoutStopSec=4\n"
STUBBORN, POLITE = UNITS = ("fenced-stubborn.service", "fenced-polite.service")
TEXTS = {
    STUBBORN: SERVICE.format('trap "" TERM; while :; do sleep 1; done'),
    POLITE: f"[Unit]\nStartLimitIntervalSec=0\n{SERVICE.format('exec sleep infinity')}Restart=always\n"
    f"[X-Fleet]\nMachineOf={STUBBORN}\n",
}
"""systemd alone would kill the stubborn one 7 s after the last heartbeat: 2 s too late; the polite one, if it is killed
and not stopped, comes back for as long as its machine is away."""

AT_ONCE = 1.0
"""Seconds after its return in which a frozen machine has killed what runs elsewhere: its fence waits for no word."""

Fault = Callable[[Machine], AbstractContextManager[None]]


def test_a_machine_with_a_fence_runs_nothing_that_runs_elsewhere_but_for_a_moment_when_it_thaws(
    cluster: Cluster, shared: SharedFolder, say: Say
) -> None:
    with small_units(cluster, shared) as start, fenced(machine := start()):
        since = machine.now()
        lose(cluster, faults.cut_off, machine, say)
        assert never_on_two_machines(runs(cluster, since), moved=UNITS)

        assert start() == machine
        since = machine.now()
        absence = lose(cluster, faults.frozen, machine, say)
        assert never_on_two_machines(runs(cluster, since), [absence], scaled(AT_ONCE), moved=UNITS)


@contextmanager
def small_units(cluster: Cluster, shared: SharedFolder) -> Iterator[Callable[[], Machine]]:
    """Yield what starts the units, anew if they are there, and returns their machine; afterwards they are gone."""
    for name, text in TEXTS.items():
        shared.write(name, text)

    def start() -> Machine:
        destroy(cluster)
        cluster.fleet.ctl("start " + " ".join(f"{shared.there}/{name}" for name in UNITS))
        return eventually("the units run", lambda: place(cluster.fleet), within=10)  # type: ignore[return-value]

    try:
        yield start
    finally:
        destroy(cluster)


def destroy(cluster: Cluster) -> None:
    """Destroy the units, as far as they are there; the stubborn one is killed, for it would take its time."""
    machine = place(cluster.fleet)
    if machine is not None:
        machine.run(f"sudo systemctl kill --signal=KILL {STUBBORN}", check=False)
    cluster.fleet.ctl(f"destroy {' '.join(UNITS)}")


def lose(cluster: Cluster, fault: Fault, machine: Machine, say: Say) -> Absence:
    """Lose a machine until its units run elsewhere, and have it back; by its own journal, they have ended on it."""
    left = Fleet([one for one in cluster.machines if one != machine])
    since = left.seat.now()
    with fault(machine):
        eventually("the units run elsewhere", lambda: place(left) not in (None, machine), bounds.ELSEWHERE)
        absence = Absence(machine.name, since, left.seat.now() + scaled(bounds.HEALED))
    eventually(f"{machine} tells that they have ended", lambda: have_ended(cluster, machine, since), within=10)
    eventually("others tell that they have come", lambda: have_come(cluster, machine, since), within=10)
    eventually(f"{machine} is listed again", lambda: machine in cluster.fleet.machines(), bounds.LISTED)
    for name in UNITS:
        found = [run for run in runs(cluster, since) if run.unit == name]
        end = max(run.stop or 0.0 for run in found if run.machine == machine.name)
        start = min(run.start for run in found if run.machine != machine.name)
        say(f"{name} started elsewhere {start - end:+.2f} s after its end on {machine}")
    return absence


def place(fleet: Fleet) -> Machine | None:
    """Return the machine where both units are active, None for none."""
    placed = fleet.placements("fenced-")
    return placed[STUBBORN] if len(placed) == len(UNITS) and len(set(placed.values())) == 1 else None


def have_ended(cluster: Cluster, machine: Machine, since: float) -> bool:
    """Whether, by the machine's journal, what ran on it at that time runs no more."""
    journal = cluster.journals().of(machine.name)
    before = [run for name in UNITS for run in journal.runs(name) if run.stop is None or run.stop > since]
    return {run.unit for run in before} == set(UNITS) and all(run.stop is not None for run in before)


def have_come(cluster: Cluster, machine: Machine, since: float) -> bool:
    """Whether, by the others' journals, both run elsewhere: fleet knows it before the journals are here."""
    return {run.unit for run in runs(cluster, since) if run.machine != machine.name} == set(UNITS)


def runs(cluster: Cluster, since: float) -> list[Run]:
    """Return the runs of the units that had not ended by that time, by all journals."""
    return [run for run in cluster.journals().runs(since=since) if run.unit in UNITS]
