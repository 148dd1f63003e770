"""Two machines go and do not return: four nodes are green, and the fifth instance waits and says why."""

from __future__ import annotations

import pytest

from cluster import bounds, faults
from cluster.cluster import Cluster
from cluster.es import Es
from cluster.eventually import eventually
from cluster.fleet import Fleet
from cluster.label import LABEL
from cluster.say import Say
from cluster.site import Site
from cluster.workloads import Ledger
from e2e.loss import Loss, Losses

pytestmark = pytest.mark.breaks


@pytest.mark.known_upstream("coreos/fleet#1348: why a unit has no machine is said nowhere")
def test_four_nodes_are_green_and_the_fifth_instance_waits_while_two_machines_are_gone(
    site: Site, cluster: Cluster, fleet: Fleet, es: Es, ledger: Ledger, say: Say
) -> None:
    """The first is the master's, frozen; the second has a plain node and no member of etcd, and is cut off.

    So etcd keeps its quorum whoever the master is; four nodes are just enough for the four copies of replica factor 3.
    """
    losses = Losses(site, ledger, say)

    with losses.silent(faults.frozen, es.master()) as first:
        first.is_mended()
        spared = [*cluster.members, first.left.es.master()]
        plain = next((machine for machine in first.left.es.accepting() if machine not in spared), None)
        assert plain is not None, f"every machine with a node is one of {spared}"
        with losses.silent(faults.cut_off, plain) as second:
            second.is_noticed()
            site.wait_joined(second.since.within(bounds.FOUR_GREEN), second.left.es, nodes=4)
            second.has_lost_nothing()
            it_waits_and_says_why(cluster, second)

    losses.what_they_ran_has_stopped()
    eventually("the fifth instance is active again", lambda: fleet.machine_of(second.unit), bounds.ELSEWHERE)
    site.wait_joined(bounds.GREEN)
    losses.nothing_is_lost()
    losses.no_unit_ran_twice()


def it_waits_and_says_why(cluster: Cluster, loss: Loss) -> None:
    """fleetctl shows no machine for it; fleetd's journal says, once, what stands against each machine that is left."""
    waiting = [row for row in loss.left.fleet.unit_files() if row.unit == loss.unit]
    assert [(row.desired, row.state, row.target_id) for row in waiting] == [("launched", "inactive", None)]
    status = loss.left.fleet.ctl(f"status {loss.unit}", check=False)
    assert (status.status, status.stderr.strip()) == (1, f"Unit {loss.unit} does not appear to be loaded.")
    told = [
        record.message for record in cluster.journals().unit("fleet.service", loss.at) if loss.unit in record.message
    ]
    assert any("no eligible machine: " in line and f"Conflicts={LABEL}@*.service" in line for line in told), told
