"""What is left of a cluster while some of its machines are lost."""

from __future__ import annotations

from collections.abc import Sequence

from cluster.cluster import Cluster
from cluster.es import Es
from cluster.fleet import Fleet
from cluster.machine import Machine


class Survivors:
    """The machines that are not lost; `fleet` and `es` ask those only.

    A lost one that is cut off still answers the host, from its past; one that is frozen keeps it waiting.
    """

    def __init__(self, cluster: Cluster, *lost: Machine) -> None:
        self.lost = lost
        self.machines = [machine for machine in cluster.machines if machine not in lost]
        self.fleet = Fleet(self.machines)
        self.es = Es(self.machines)

    def now(self) -> float:
        """Return their time, in seconds since the epoch."""
        return self.machines[0].now()

    def miss_nodes(self) -> bool:
        """Whether Elasticsearch no longer counts a node on a lost machine among its own."""
        return not {node.address for node in self.es.nodes()} & _addresses(self.lost)

    def miss_machines(self) -> bool:
        """Whether fleet no longer lists a lost machine."""
        return not {row.ip for row in self.fleet.machine_rows()} & _addresses(self.lost)

    def have_a_master(self) -> bool:
        """Whether each node that answers names a master, all of them the same one, and it is none of the lost."""
        named = {view.master for view in self.es.views().values()}
        return len(named) == 1 and None not in named and self.miss_nodes()

    def close(self) -> None:
        """Close the connections to the nodes."""
        self.es.close()


def _addresses(machines: Sequence[Machine]) -> set[str]:
    return {machine.address for machine in machines}
