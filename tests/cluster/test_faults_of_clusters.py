"""Faults of disks, clocks, boots and leaders; and how the target of an order is found on a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cluster.cluster import Cluster
from cluster.etcd import EtcdDown
from cluster.faults import FaultDidNotBite, FaultNotHealed, NoSuchTarget, Order, Unavailable, injected, make
from cluster.faults.clocks import SkewedClock
from cluster.faults.disks import DiskFull
from cluster.faults.kinds import BadOrder
from cluster.faults.leaders import EngineLeaderLoss, EtcdLeaderLoss, EtcdQuorumLoss
from cluster.faults.machines import RebootMachine
from cluster.machine import Machine
from cluster.settings import Settings
from cluster.ssh import CommandResult
from tests.cluster.toldmachine import Told, machine


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.eventually.factor", 0.02)


class Disk(Told):
    """A machine whose folder is full, from when it is filled until it is emptied."""

    def __init__(self, fills: bool = True, empties: bool = True, mounts: bool = True) -> None:
        super().__init__()
        self.is_full, self._fills, self._empties, self._mounts = False, fills, empties, mounts

    def run(self, command: str, *arguments: str, within: float = 60, check: bool = True) -> CommandResult:
        done = super().run(command, *arguments, within=within, check=check)
        script, status, said = arguments[0], 0, ""
        if "volume.probe" in script:
            status, said = (0, "") if self._mounts else (32, "mount: no free loop device")
        elif "fallocate" in script:
            self.is_full = self._fills
        elif "rm -f $folder/fault-filler" in script:
            self.is_full = not self._empties
        elif "dd if=" in script and self.is_full:
            status, said = 1, "dd: error writing: No space left on device"
        return CommandResult(self.name, done.command, status, "", said)


def test_a_disk_is_full_inside_and_has_room_afterwards() -> None:
    told = Disk()
    with injected(DiskFull(machine(told))) as fault:
        assert told.is_full
    assert not told.is_full
    assert fault.order.options == {"folder": "/var/lib/elasticsearch_logging"}


def test_a_disk_that_still_has_room_is_an_error() -> None:
    with pytest.raises(FaultDidNotBite, match="is not full"), injected(DiskFull(machine(Disk(fills=False)))):
        pytest.fail("the block is entered")


def test_a_disk_that_stays_full_is_an_error() -> None:
    with pytest.raises(FaultNotHealed, match="is still full"), injected(DiskFull(machine(Disk(empties=False)))):
        pass


def test_where_no_small_volume_can_be_mounted_the_disk_is_not_filled() -> None:
    told = Disk(mounts=False)
    with pytest.raises(Unavailable, match="no free loop device"), injected(DiskFull(machine(told))):
        pytest.fail("the block is entered")
    assert len(told.commands) == 1


class Clock(Told):
    """A machine whose processes tell the time; a drop-in makes them `skew` seconds wrong."""

    def __init__(self, skew: int) -> None:
        super().__init__()
        self.has_drop_in = False
        self.answers = {
            "LD_PRELOAD=.* date": "3600\n0\n",
            "tee": lambda _: self._set(True),
            "sudo rm": lambda _: self._set(False) if self.has_drop_in else 1,
            "told=": lambda _: f"{1000 + (skew if self.has_drop_in else 0)}\n1000\n",
        }

    def _set(self, has_drop_in: bool) -> str:
        self.has_drop_in = has_drop_in
        return ""


def test_a_clock_is_wrong_inside_and_right_afterwards() -> None:
    told = Clock(skew=60)
    with injected(SkewedClock(machine(told), "fleet.service", seconds=60)):
        assert told.has_drop_in
        assert "FAKETIME=+60" in told.told("tee")[0]
    assert not told.has_drop_in
    assert len(told.told("systemctl restart")) == 2


def test_a_nodes_clock_goes_wrong_inside_its_container() -> None:
    told = Clock(skew=-60)
    with injected(SkewedClock(machine(told), "elasticsearch_logging@3.service", seconds=-60)):
        [said] = told.told("tee")
        assert "DOCKER_OPTS=--volume=" in said
        assert "--env=FAKETIME=-60" in said


@pytest.mark.usefixtures("impatient")
def test_a_clock_that_stays_right_is_an_error() -> None:
    told, said = Clock(skew=0), r"the clock of core-01/fleet.service is \+60 s off"
    with pytest.raises(FaultDidNotBite, match=said), injected(SkewedClock(machine(told), "fleet.service")):
        pytest.fail("the block is entered")
    assert not told.has_drop_in


def test_a_second_healing_of_a_clock_restarts_nothing() -> None:
    told = Clock(skew=60)
    SkewedClock(machine(told), "fleet.service").heal()
    assert told.told("systemctl restart") == []


def test_a_clock_that_cannot_be_skewed_is_no_target() -> None:
    with pytest.raises(NoSuchTarget, match=r"the clock of etcd2\.service"):
        SkewedClock(machine(Told()), "etcd2.service")


class Booting:
    """A machine that goes off when it is told to boot anew, or does not care."""

    name = "core-01"

    def __init__(self, cares: bool = True) -> None:
        self._booted, self._cares, self.is_running = "20:00", cares, True

    @property
    def answers(self) -> bool:
        return self.is_running

    def run(self, command: str, **_options: Any) -> CommandResult:
        if "reboot" in command:
            self.is_running = not self._cares
        return CommandResult(self.name, command, 0, self._booted, "")

    def start(self) -> None:
        self.is_running, self._booted = True, "21:00"


def test_a_machine_that_boots_anew_is_another_one_and_answers() -> None:
    booting = Booting()
    with injected(RebootMachine(cast(Machine, booting))):
        assert booting.answers


@pytest.mark.usefixtures("impatient")
def test_a_machine_that_does_not_boot_anew_is_an_error() -> None:
    fault = RebootMachine(cast(Machine, Booting(cares=False)))
    with pytest.raises(FaultDidNotBite, match="is off, or up again"), injected(fault):
        pytest.fail("the block is entered")


class Fleet:
    """What fleet says of units and of its engine."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster

    def machine_of(self, unit: str) -> Any:
        return self._cluster.machines[2] if unit == "es@3.service" else None

    def machines(self) -> Sequence[Any]:
        return [machine for machine in self._cluster.machines if machine.services["fleet.service"]]


class Member(Told):
    """A machine with etcd and fleet."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.services = {"etcd2.service": True, "fleet.service": True}
        for service in self.services:
            self.answers[f"systemctl stop {service}"] = lambda _, service=service: self._set(service, False)
            self.answers[f"systemctl start {service}"] = lambda _, service=service: self._set(service, True)
            self.answers[f"is-active {service}"] = lambda _, service=service: "" if self.services[service] else 3

    def _set(self, service: str, is_active: bool) -> str:
        self.services[service] = is_active
        return ""


class Leading:
    """Four machines, three of them members of etcd: the first one whose service runs leads, if enough of them do."""

    def __init__(self) -> None:
        self.settings = Settings(machines=4)
        self.machines = [Member(f"core-{number:02d}") for number in range(1, 5)]
        self.members = self.machines[:3]
        self.fleet = Fleet(self)
        self.etcd = SimpleNamespace(answering=self._answering)
        self.elects = True

    def _up(self, service: str, among: Sequence[Member]) -> list[Member]:
        return [machine for machine in among if machine.services[service]]

    def _answering(self) -> list[Member]:
        up = self._up("etcd2.service", self.members)
        return up if len(up) > 1 else []

    def etcd_leader(self) -> Member:
        up = self._answering()
        if not up:
            raise EtcdDown("nobody")
        return up[0] if self.elects else self.machines[0]

    def engine_leader(self) -> Member:
        return self._up("fleet.service", self.machines)[0] if self.elects else self.machines[0]

    def engine_leader_id(self) -> str:
        return f"id-{self.engine_leader()}"


def cluster(leading: Leading) -> Cluster:
    return cast(Cluster, leading)


def test_another_member_leads_etcd_inside_and_all_answer_afterwards() -> None:
    leading = Leading()
    with injected(EtcdLeaderLoss(cluster(leading))) as fault:
        assert fault.hit() == ["core-01"]
        assert leading.etcd_leader() == leading.machines[1]
    assert len(leading._answering()) == 3


def test_etcd_without_quorum_answers_nobody_inside() -> None:
    leading = Leading()
    with injected(EtcdQuorumLoss(cluster(leading))):
        assert leading._answering() == []
    assert len(leading._answering()) == 3


def test_another_machine_leads_the_engine_inside() -> None:
    leading = Leading()
    with injected(EngineLeaderLoss(cluster(leading))):
        assert leading.engine_leader() == leading.machines[1]
    assert leading.fleet.machines() == leading.machines


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", [EtcdLeaderLoss, EngineLeaderLoss])
def test_a_leader_who_leads_on_is_an_error_and_is_healed(fault: Any) -> None:
    leading = Leading()
    leading.elects = False
    with pytest.raises(FaultDidNotBite, match="leads"), injected(fault(cluster(leading))):
        pytest.fail("the block is entered")
    assert all(all(machine.services.values()) for machine in leading.machines)


def test_two_members_have_no_quorum_to_lose() -> None:
    leading = Leading()
    leading.members = leading.machines[:2]
    assert EtcdQuorumLoss(cluster(leading)).unavailable() == "2 members of etcd have no quorum to lose"


def test_what_another_process_has_killed_is_healed_by_the_order_alone() -> None:
    leading = Leading()
    make(cluster(leading), Order("etcd-leader-loss", "etcd")).inject()
    assert len(leading._answering()) == 2
    make(cluster(leading), Order("etcd-leader-loss", "etcd")).heal()
    assert len(leading._answering()) == 3


def test_a_units_process_is_on_its_machine() -> None:
    leading = Leading()
    assert make(cluster(leading), Order("kill-process", "es@3.service")).order.target == "core-03/es@3.service"
    assert make(cluster(leading), Order("kill-process", "es@3.service/java")).order.target == "core-03/java"
    assert make(cluster(leading), Order("kill-container", "es@3.service")).order.target == "core-03/es-3"


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (Order("kill-machine", "core-09"), "no machine core-09; there are core-01, core-02, core-03, core-04"),
        (Order("kill-process", "core-01"), "what on core-01"),
        (Order("kill-process", "es@4.service"), "es@4.service is neither a machine nor a unit of the fleet"),
    ],
)
def test_a_target_that_is_not_there_is_refused_in_words(order: Order, said: str) -> None:
    with pytest.raises(NoSuchTarget, match=said):
        make(cluster(Leading()), order)


def test_an_option_that_means_nothing_is_refused() -> None:
    with pytest.raises(BadOrder, match="neither all, etcd, elasticsearch nor numbers"):
        make(cluster(Leading()), Order("partition", "core-01", {"only": "mail"}))


def test_a_partition_away_from_some_spares_the_others() -> None:
    leading = Leading()
    fault = make(cluster(leading), Order("partition", "core-01", {"away_from": "core-02"}))
    fault.inject()
    [line] = leading.machines[0].told("-N FAULT")
    assert "-s 192.168.57.103 -j RETURN" in line
    assert "192.168.57.102" not in line
