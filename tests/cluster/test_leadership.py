"""The engine's leadership is brought to a machine: the other fleetd are held back meanwhile, and go on afterwards."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cluster.cluster import Cluster
from cluster.errors import InfraError
from cluster.eventually import TimedOut
from cluster.leadership import a_member, lead_both, lead_engine
from cluster.machine import Machine


class Engines:
    """Four machines whose fleetd elect a leader: `elected` is whom they elect when the leader is restarted."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.leader = self.elected = 1
        self.etcd_leads = 0
        self.machines = [SimpleNamespace(name=f"m{n}", address=f"m{n}", run=self._run(n)) for n in range(4)]
        self.members = self.machines[:3]
        self.fleet = SimpleNamespace(machine_rows=self._rows, machines=lambda: self.machines)

    def engine_leader_id(self) -> str:
        return f"id-m{self.leader}"

    def engine_leader(self) -> Any:
        return self.machines[self.leader]

    def etcd_leader(self) -> Any:
        return self.machines[self.etcd_leads]

    def _rows(self) -> list[Any]:
        return [SimpleNamespace(id=f"id-{machine.address}", ip=machine.address) for machine in self.machines]

    def _run(self, number: int) -> Callable[[str], None]:
        def run(command: str) -> None:
            if "restart" in command:
                self.leader = self.elected
            self.did.append(f"m{number} {'restart' if 'restart' in command else command.split('=')[1].split()[0]}")

        return run


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Engines:
    monkeypatch.setattr("cluster.eventually.factor", 0.05)
    return Engines()


def test_the_others_are_held_back_while_the_leader_is_restarted(engines: Engines) -> None:
    engines.elected = 0
    lead_engine(cast(Cluster, engines), cast(Machine, engines.machines[0]))
    assert sorted(engines.did[:2]) == ["m2 STOP", "m3 STOP"]
    assert engines.did[2] == "m1 restart"
    assert sorted(engines.did[3:]) == ["m2 CONT", "m3 CONT"]


def test_who_leads_already_restarts_nothing(engines: Engines) -> None:
    lead_engine(cast(Cluster, engines), cast(Machine, engines.machines[1]))
    assert engines.did == []


def test_a_leadership_that_does_not_come_is_an_error_and_everybody_goes_on(engines: Engines) -> None:
    with pytest.raises(TimedOut, match="leads the engine"):
        lead_engine(cast(Cluster, engines), cast(Machine, engines.machines[0]))
    assert sorted(engines.did[3:]) == ["m2 CONT", "m3 CONT"]


def test_a_leadership_that_went_on_while_the_other_one_came_is_an_error(engines: Engines) -> None:
    engines.elected = 0
    leaders = iter([1, 2])
    engines.engine_leader = lambda: engines.machines[next(leaders)]  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match="etcd and the engine are led by"):
        lead_both(cast(Cluster, engines), cast(Machine, engines.machines[0]))


def test_only_a_member_can_lead_etcd(engines: Engines) -> None:
    with pytest.raises(InfraError, match="is a member of etcd"):
        a_member(cast(Cluster, engines), cast(list[Machine], engines.machines[3:]))
