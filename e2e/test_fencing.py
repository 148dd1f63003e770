"""With `fence: true` a machine that others take for dead has ended what they start, before they start it.

The machine is the one without a node of Elasticsearch, where fleet places small units, and only it has the fence. One
unit ends when it is told to; the other one ignores that, and has to be killed in time. What happens when fleetd itself
hangs or is killed is proven on machines without Elasticsearch: tests/functional/test_fence.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

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

pytestmark = [pytest.mark.breaks, pytest.mark.known_upstream("coreos/fleet: fence is an option of ours")]

SERVICE = "[Service]\nExecStart=/bin/sh -c '{}'\nRestart=always\nTimeoutStopSec=4\n"
UNITS = {
    "stubborn.service": SERVICE.format('trap "" TERM; while :; do sleep 1; done'),
    "polite.service": SERVICE.format("exec sleep infinity") + "[X-Fleet]\nMachineOf=stubborn.service\n",
}
"""systemd alone would kill the stubborn one 7 s after the last heartbeat: 2 s too late."""

AT_ONCE = 1.0
"""Seconds after its return in which a frozen machine has killed what runs elsewhere: its fence waits for no word."""

Fault = Callable[[Machine], AbstractContextManager[None]]


def test_a_machine_that_is_cut_off_has_ended_its_units_before_they_start_elsewhere(
    cluster: Cluster, shared: SharedFolder, say: Say
) -> None:
    began = cluster.machines[0].now()
    with running(cluster, shared) as machine, fenced(machine), lost(cluster, faults.cut_off, machine, say):
        pass
    assert never_on_two_machines(runs(cluster, began), moved=UNITS)


def test_a_machine_that_was_frozen_ends_at_once_what_was_started_elsewhere(
    cluster: Cluster, shared: SharedFolder, say: Say
) -> None:
    began = cluster.machines[0].now()
    with running(cluster, shared) as machine, fenced(machine), lost(cluster, faults.frozen, machine, say) as absence:
        pass
    assert never_on_two_machines(runs(cluster, began), absence, scaled(AT_ONCE), moved=UNITS)


@contextmanager
def running(cluster: Cluster, shared: SharedFolder) -> Iterator[Machine]:
    """Have the units run inside the block, on one machine; which one."""
    fleet = cluster.fleet
    for name, text in UNITS.items():
        shared.write(name, text)
    try:
        fleet.ctl("start " + " ".join(f"{shared.there}/{name}" for name in UNITS))
        for name in UNITS:
            machine = eventually(f"{name} runs", partial(fleet.machine_of, name), within=10)
        assert machine is not None
        yield machine
    finally:
        fleet.ctl(f"destroy {' '.join(UNITS)}")


@contextmanager
def lost(cluster: Cluster, fault: Fault, machine: Machine, say: Say) -> Iterator[list[Absence]]:
    """Lose a machine before the block, until its units run elsewhere; when it is back, they are down on it."""
    left = Fleet([one for one in cluster.machines if one != machine])
    since, absences = cluster.machines[0].now(), list[Absence]()
    with fault(machine):
        for name in UNITS:
            eventually(f"{name} runs elsewhere", partial(elsewhere, left, name, machine), bounds.ELSEWHERE)
        absences.append(Absence(machine.name, since, left.seat.now() + bounds.HEALED))
    for name in UNITS:
        eventually(f"{machine} tells that {name} has ended", partial(has_ended, cluster, machine, name, since), 20)
        ended = max(run.stop or 0.0 for run in cluster.journals().of(machine.name).runs(name))
        start = min(run.start for run in runs(cluster, since, name) if run.machine != machine.name)
        say(f"{name} ended on {machine} {start - ended:+.2f} s before it started elsewhere")
    eventually(f"{machine} is listed again", lambda: machine in cluster.fleet.machines(), bounds.LISTED)
    yield absences


def elsewhere(left: Fleet, name: str, machine: Machine) -> bool:
    """Whether a unit runs on one of the machines that are left."""
    return left.machine_of(name) not in (None, machine)


def has_ended(cluster: Cluster, machine: Machine, name: str, since: float) -> bool:
    """Whether, by the machine's journal, every run of a unit that began before that time is over."""
    before = [run for run in cluster.journals().of(machine.name).runs(name) if run.start <= since]
    return bool(before) and all(run.stop is not None for run in before)


def runs(cluster: Cluster, since: float, name: str | None = None) -> list[Run]:
    """Return the runs of the small units that had not ended by that time, by all journals."""
    return [run for run in cluster.journals().runs(name, since) if run.unit in UNITS]
