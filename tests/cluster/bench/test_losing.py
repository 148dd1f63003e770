"""A machine is lost for one figure only: it leads what the figure is of, nothing else, and it has a node."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from cluster.bench import losing
from cluster.bench.figures import ENGINE, ETCD, LOSSES, PLAIN
from cluster.bench.losing import Losing
from cluster.errors import InfraError
from cluster.label import INSTANCES, main_unit


@dataclass(frozen=True, order=True)
class Machine:
    name: str


MACHINES = [Machine(f"core-0{number}") for number in range(1, 7)]


@dataclass
class Cluster:
    """A cluster, its site, its fleet and its es in one, in memory; the nodes are on all machines but one."""

    engine: int
    etcd: int
    empty: int
    gates: list[str] = field(default_factory=list)
    moves: bool = False
    machines = MACHINES
    members = MACHINES[:3]

    @property
    def fleet(self) -> Any:
        return self

    es = cluster = fleet

    def engine_leader(self) -> Machine:
        return MACHINES[self.engine]

    def etcd_leader(self) -> Machine:
        return MACHINES[self.etcd]

    def master(self) -> Machine:
        return MACHINES[5 if self.empty != 5 else 4]

    def placements(self) -> dict[str, Machine]:
        hosts = [machine for machine in MACHINES if machine != MACHINES[self.empty]]
        return dict(zip(map(main_unit, INSTANCES), hosts, strict=True))

    def gate(self, when: str) -> None:
        self.gates.append(when)
        if self.moves and len(self.gates) == 2:
            self.engine = (self.engine + 1) % 6


@pytest.fixture(autouse=True)
def _offices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losing, "lead_engine", lambda cluster, it: setattr(cluster, "engine", MACHINES.index(it)))
    monkeypatch.setattr(losing, "lead_etcd", lambda cluster, it: setattr(cluster, "etcd", MACHINES.index(it)))


@pytest.mark.parametrize("lost", LOSSES)
def test_whoever_leads_the_victim_leads_what_it_is_killed_for_and_has_a_node(lost: str) -> None:
    for cluster in (Cluster(engine, etcd, empty) for engine in range(6) for etcd in range(3) for empty in range(6)):
        victim: Any = Losing(cluster, None)._victim(lost)  # type: ignore[arg-type]
        assert victim in cluster.placements().values()
        leads = [
            office for office, leader in ((ENGINE, cluster.engine), (ETCD, cluster.etcd)) if victim == MACHINES[leader]
        ]
        assert leads == ([] if lost == PLAIN else [lost])


def test_an_office_that_is_elsewhere_by_then_is_an_error_and_no_figure() -> None:
    with pytest.raises(InfraError, match=r"core-05.* was to be killed as the engine leader; it is no leader now"):
        Losing(Cluster(4, 0, 5, moves=True), None)._victim(ENGINE)  # type: ignore[arg-type]
