"""Bad things done to those who decide: etcd loses its leader or its quorum, the fleet its engine's leader."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.cluster import Cluster
from cluster.etcd import EtcdDown
from cluster.eventually import eventually
from cluster.faults.fault import Fault, injected
from cluster.faults.order import Order
from cluster.faults.processes import KillProcess
from cluster.machine import Machine, at_once
from cluster.settings import ETCD_MEMBERS

ETCD, FLEET = "etcd2.service", "fleet.service"
BACK = 20.0
"""Seconds until all members of etcd answer again, or the fleet lists its machine again."""

ELECTED = 10.0
"""Seconds until another one leads etcd."""

ENGINE_ELECTED = 15.0
"""Seconds until another one leads the fleet's engine: the lease of the old one must end first (agent_ttl, 5 s)."""


class Deposing(Fault):
    """Services are killed with SIGKILL, and kept from coming back: what follows is the business of the others."""

    def __init__(self, cluster: Cluster, order: Order, service: str) -> None:
        self.order = order
        self._cluster, self._service = cluster, service
        self.victims: list[Machine] = []
        """Where it was done."""

    def candidates(self) -> list[Machine]:
        """Return whom it may ever hit: the members of etcd."""
        return self._cluster.members

    def chosen(self) -> list[Machine]:
        """Return whom it is to hit, as things are now."""
        raise NotImplementedError

    def inject(self) -> None:
        """Kill the service of those that are chosen."""
        self.victims = self.chosen()
        at_once(lambda machine: self._kill(machine).inject(), self.victims)

    def bites(self) -> None:
        """See that the services stay away."""
        at_once(lambda machine: self._kill(machine).bites(), self.victims)

    def heal(self) -> None:
        """Start the service wherever it is not active: the order does not tell whom it hit."""
        on = [machine for machine in self.candidates() if machine.is_running]
        at_once(lambda machine: self._kill(machine).heal(), on)

    def hit(self) -> list[str]:
        """Return where it was done: no order says who leads."""
        return [machine.name for machine in self.victims]

    def _kill(self, machine: Machine) -> KillProcess:
        return KillProcess(machine, self._service, keep_down=True)


class EtcdLeaderLoss(Deposing):
    """The leader of etcd is killed; it bites when another one leads. Healed, all members answer."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster, Order("etcd-leader-loss", "etcd"), ETCD)

    def unavailable(self) -> str | None:
        """Whether there are too few members for another one to lead."""
        return too_few(self._cluster)

    def chosen(self) -> list[Machine]:
        """Return the leader."""
        return [self._cluster.etcd_leader()]

    def bites(self) -> None:
        """Wait for another leader."""
        super().bites()
        [old] = self.victims
        eventually("another member leads", lambda: self._leads() not in (None, old), within=ELECTED)

    def healed(self) -> None:
        """Wait for all members."""
        all_answer(self._cluster)

    def _leads(self) -> Machine | None:
        try:
            return self._cluster.etcd_leader()
        except EtcdDown:
            return None


class EtcdQuorumLoss(Deposing):
    """All members of etcd but one are killed: who asks gets no answer. Healed, all members answer."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster, Order("etcd-quorum-loss", "etcd"), ETCD)

    def unavailable(self) -> str | None:
        """Whether there are too few members to have a quorum without one."""
        return too_few(self._cluster)

    def chosen(self) -> list[Machine]:
        """Return all but the first."""
        return self._cluster.members[1:]

    def bites(self) -> None:
        """See that none answers."""
        super().bites()
        assert self._cluster.etcd.answering() == [], "etcd answers on"

    def healed(self) -> None:
        """Wait for all members."""
        all_answer(self._cluster)


class EngineLeaderLoss(Deposing):
    """The fleetd that places the units is killed; it bites when another one leads. Healed, fleet lists all machines."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster, Order("engine-leader-loss", "fleet"), FLEET)
        self._old: str | None = None

    def candidates(self) -> list[Machine]:
        """Return all machines."""
        return self._cluster.machines

    def chosen(self) -> list[Machine]:
        """Return the leader of the engine."""
        self._old = self._cluster.engine_leader_id()
        return [self._cluster.engine_leader()]

    def bites(self) -> None:
        """Wait for another leader."""
        super().bites()
        another = f"another machine than {self.victims[0]} leads the engine"
        eventually(another, lambda: self._cluster.engine_leader_id() not in (None, self._old), ENGINE_ELECTED)

    def healed(self) -> None:
        """Wait until fleet lists every machine that has power."""
        eventually("fleet lists its machines", self._all_listed, within=BACK)

    def _all_listed(self) -> bool:
        listed = self._cluster.fleet.machines()
        return all(machine in listed for machine in self._cluster.machines if machine.is_running)


def too_few(cluster: Cluster) -> str | None:
    """Return why there is no etcd to decide anything about; None where there are enough members."""
    members = len(cluster.members)
    return None if members >= ETCD_MEMBERS else f"{members} members of etcd have no quorum to lose"


def all_answer(cluster: Cluster) -> None:
    """Return when all members of etcd answer."""
    eventually("all members answer", lambda: len(cluster.etcd.answering()) == ETCD_MEMBERS, within=BACK)


@contextmanager
def without_quorum(cluster: Cluster) -> Iterator[None]:
    """Kill all members of etcd but one; afterwards all answer again. Who has asked meanwhile got no answer."""
    with injected(EtcdQuorumLoss(cluster)):
        yield


@contextmanager
def leader_killed(cluster: Cluster) -> Iterator[Machine]:
    """Kill the leader among etcd's members; the block begins when another one leads. Afterwards all answer again."""
    with injected(EtcdLeaderLoss(cluster)) as fault:
        yield fault.victims[0]
