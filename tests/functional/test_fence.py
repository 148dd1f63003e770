"""fence: true, where fleetd is what fails; a machine that is cut off or frozen is in e2e/test_fencing.py."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from cluster import faults
from cluster.checkers import never_on_two_machines
from cluster.fencing import fenced
from cluster.journals import Journals
from tests.functional.faults import FLEET, configured, etcd_away, fleet_killed, spread
from tests.functional.lab import Lab
from tests.functional.node import Node

STUBBORN = "[Service]\nExecStart=/bin/sh -c 'trap \"\" TERM; while :; do sleep 1; done'\nTimeoutStopSec=4\n"
"""Ignores SIGTERM; systemd alone would kill it 7 s after the last heartbeat, 2 s after the lease may have expired."""


def fleetd_hangs(node: Node) -> AbstractContextManager[None]:
    return faults.hung(node.machine, FLEET)


@pytest.mark.parametrize("fault", [fleetd_hangs, fleet_killed])
def test_units_of_a_machine_whose_fleetd_is_gone_have_ended_before_they_start_elsewhere(
    lab: Lab, fault: Callable[[Node], AbstractContextManager[None]]
) -> None:
    lab.write("b2.service", STUBBORN)
    began = lab.n1.machine.now()
    spread(lab)
    with fenced(lab.n2.machine):
        with fault(lab.n2):
            lab.wait("b2 runs elsewhere", lambda: lab.where()["b2.service"] in ([lab.n1], [lab.n3]))
        lab.wait("n2 is listed", lambda: len(lab.machines()) == 3)
    lab.wait("b2 is down on n2", lambda: lab.n2.active("b2") == "inactive")
    assert never_on_two_machines(journals(lab, began).runs("b2.service"), moved=["b2.service"])


def test_without_etcd_a_machine_with_a_fence_stops_its_units_and_starts_them_again_when_it_is_back(lab: Lab) -> None:
    before = spread(lab)
    where = lab.where()
    with fenced(lab.n2.machine):
        with etcd_away(*lab.nodes):
            lab.wait("b2 is down", lambda: lab.n2.active("b2") == "inactive", within=10)
            assert [lab.n1.pid("b1"), lab.n3.pid("b3")] == [before["b1.service"], before["b3.service"]]
        lab.wait("b2 runs again where it was", lambda: lab.where() == where)
        after = lab.pids()
        assert [name for name in before if after[name] != before[name]] == ["b2.service"]


def test_a_restart_of_fleetd_and_the_end_of_the_fence_leave_units_alone(lab: Lab) -> None:
    before = spread(lab)
    with configured(lab.n2, Environment="FLEET_FENCE=true FLEET_AGENT_TTL=30s"):
        lab.wait("the fence is up", lambda: lab.n2.active("fleet-fence.service") == "active", within=5)
        lab.n2.run(f"sudo systemctl restart {FLEET}")
        lab.wait("n2 is listed", lambda: len(lab.machines()) == 3)
    lab.wait("there is no fence", lambda: lab.n2.active("fleet-fence.service") == "inactive", within=5)
    assert lab.pids() == before


def test_a_supervisor_that_is_killed_is_there_again_and_units_run_on(lab: Lab) -> None:
    before = spread(lab)
    with fenced(lab.n2.machine):
        lab.n2.run("sudo systemctl kill --signal=KILL fleet-fence.service")
        lab.wait("it is there again", lambda: lab.n2.active("fleet-fence.service") == "active", within=5)
        assert lab.pids() == before


def test_a_fence_that_has_no_time_is_refused(lab: Lab) -> None:
    lab.n2.run("sudo systemctl stop fleet.socket")
    with configured(lab.n2, Environment="FLEET_FENCE=true FLEET_AGENT_TTL=4s", Type="simple"):
        told = "agent_ttl=4s is too small for fence=true"
        lab.wait("fleetd says why it does not start", lambda: told in lab.n2.journal(FLEET, since="-10s"))
    lab.wait("n2 is listed", lambda: len(lab.machines()) == 3)


def journals(lab: Lab, since: float) -> Journals:
    """Return the machines' journals since that time; they are not followed where machines have changed their ids."""
    for node in lab.nodes:
        node.run(f"sudo journalctl --output json --since @{int(since)} >{lab.folder.there}/{node}.jsonl")
    return Journals(lab.folder.here)
