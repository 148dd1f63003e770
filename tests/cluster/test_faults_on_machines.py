"""What faults tell machines, and what they make of the answers: processes, containers, packets, links."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from cluster.faults import Fault, FaultDidNotBite, FaultNotHealed, Order, Unavailable, injected
from cluster.faults.containers import KillContainer
from cluster.faults.links import LateLink, SlowLink
from cluster.faults.network import PacketLoss, Partition
from cluster.faults.packets import Packets
from cluster.faults.processes import FreezeProcess, KillProcess
from cluster.machine import Machine
from cluster.ssh import CommandResult
from tests.cluster.toldmachine import Told, machine


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.eventually.factor", 0.02)


class Processes(Told):
    """A machine with one service, which comes back when it is killed, unless it is told to stop or cannot."""

    def __init__(self, comes_back: bool = True, dies: bool = True, is_fleets: bool = False) -> None:
        super().__init__()
        self.pid, self.state, self.is_active = 100, "S", True
        self.comes_back, self.dies = comes_back, dies
        self.answers = {
            r"kill --signal=KILL.*systemctl stop": lambda _: self._set(is_active=False),
            r"kill --signal=KILL": self._kill,
            r"kill --signal=STOP": lambda _: self._set(state="T"),
            r"kill --signal=CONT": lambda _: self._set(state="S"),
            r"test -e /run/fleet/units/": 0 if is_fleets else 1,
            r"systemctl start": lambda _: self._set(is_active=True),
            r"is-active": lambda _: "active" if self.is_active else 3,
            r"ps -o pid=": lambda _: f"{self.pid} Mon Nov 23 20:00:00 2026" if self.is_active else "",
            r"ps -o state=": lambda _: self.state,
        }

    def _kill(self, _line: str) -> str:
        if self.dies:
            self.pid, self.is_active = self.pid + 1, self.comes_back
        return ""

    def _set(self, **values: Any) -> str:
        vars(self).update(values)
        return ""


def test_a_killed_process_is_another_one_afterwards() -> None:
    told = Processes()
    with injected(KillProcess(machine(told), "etcd2.service")):
        assert told.pid == 101
    assert told.pid == 101


def test_a_service_that_does_not_come_back_by_itself_is_started_by_healing() -> None:
    told = Processes(comes_back=False)
    with injected(KillProcess(machine(told), "etcd2.service")):
        assert not told.is_active
    assert told.is_active


def test_an_instance_of_the_fleet_has_to_come_back_by_itself() -> None:
    told = Processes(comes_back=False, is_fleets=True)
    name = "elasticsearch_logging@3.service"

    def restarted(_line: str) -> str | int:
        told.is_active = len(told.told("is-active")) > 3  # as its Restart= has it
        return "active" if told.is_active else 3

    fault = KillProcess(machine(told), name)
    with injected(fault):
        told.answers["is-active"] = restarted
    assert told.is_active
    assert told.told("systemctl start") == []


@pytest.mark.usefixtures("impatient")
def test_an_instance_of_the_fleet_that_does_not_come_back_by_itself_is_not_healed() -> None:
    told = Processes(comes_back=False, is_fleets=True)
    name = "elasticsearch_logging@3.service"
    with pytest.raises(FaultNotHealed, match=f"core-01/{name} runs again"), injected(KillProcess(machine(told), name)):
        pass
    assert not told.is_active


def test_an_instance_of_the_fleet_that_was_told_to_stay_away_is_started_by_healing() -> None:
    told = Processes(is_fleets=True)
    with injected(KillProcess(machine(told), "elasticsearch_logging@3.service", keep_down=True)):
        assert not told.is_active
    assert told.is_active


def test_a_service_is_kept_down_inside() -> None:
    told = Processes()
    with injected(KillProcess(machine(told), "etcd2.service", keep_down=True)):
        assert not told.is_active
    assert told.is_active


@pytest.mark.usefixtures("impatient")
def test_a_process_that_survives_its_kill_is_an_error() -> None:
    with (
        pytest.raises(FaultDidNotBite, match="is killed"),
        injected(KillProcess(machine(Processes(dies=False)), "etcd2.service")),
    ):
        pytest.fail("the block is entered")


def test_what_does_not_run_cannot_be_killed() -> None:
    told = Told(answers={"pgrep": 1})
    with pytest.raises(Unavailable, match="core-01/java does not run"), injected(KillProcess(machine(told), "java")):
        pytest.fail("the block is entered")


def test_a_program_cannot_be_kept_down() -> None:
    fault = KillProcess(machine(Told(answers={"pgrep": "12"})), "java", keep_down=True)
    assert fault.unavailable() == "core-01/java is no service: nothing can keep it down"


def test_a_frozen_process_is_stopped_inside_and_goes_on_afterwards() -> None:
    told = Processes()
    with injected(FreezeProcess(machine(told), "fleet.service")):
        assert told.state == "T"
    assert told.state == "S"


def test_a_process_that_stays_frozen_is_an_error() -> None:
    told = Processes()
    told.answers["kill --signal=CONT"] = ""
    with (
        pytest.raises(FaultNotHealed, match="still hangs"),
        injected(FreezeProcess(machine(told), "fleet.service")),
    ):
        pass


def container(state: dict[str, str]) -> Told:
    def inspect(line: str) -> str | int:
        if "AutoRemove" in line:
            return "kept" if state["kept"] and not state["running"] else ""
        return f"running {state['id']}" if state["running"] else f" {state['id']}"

    def kill(_line: str) -> str:
        state["running"] = ""
        return ""

    def start(_line: str) -> str:
        state["running"] = "yes"
        return ""

    return Told(answers={"docker container inspect": inspect, "docker kill": kill, "docker start": start})


def test_a_container_that_nobody_makes_anew_is_started_by_healing() -> None:
    state = {"id": "abc", "running": "yes", "kept": "yes"}
    with injected(KillContainer(machine(container(state)), "sleeper")) as fault:
        assert not state["running"]
    assert state["running"]
    assert fault.order == Order("kill-container", "core-01/sleeper")


def test_a_units_name_means_its_container_and_its_unit_makes_it_anew() -> None:
    state = {"id": "abc", "running": "yes", "kept": ""}
    told = container(state)
    with injected(KillContainer(machine(told), "es@3.service")) as fault:
        state.update(id="def", running="yes")
    assert fault.order.target == "core-01/es-3"
    assert told.told("docker start") == []


COUNTED = """Chain FAULT-1 (2 references)
    pkts      bytes target     prot opt in     out     source               destination
       9       80 RETURN     0    --  *      *       192.168.57.1         0.0.0.0/0
"""
DROPPED = "       {count}      240 DROP       0    --  {way}   0.0.0.0/0            0.0.0.0/0\n"
"""What iptables says of a fault's chain."""


class Rules(Told):
    """A machine with iptables that counts what its DROP rules drop; `hears` those who knock, and is heard, or not."""

    def __init__(self, name: str = "core-01", dropped: int = 3, java: bool = True) -> None:
        super().__init__(name)
        self.is_cut, self.got, self.sent, self._java = False, dropped, dropped, java
        self.answers = {
            "PROBE": "",
            "-L FAULT": lambda _: self._counted(),
            r"^! sudo iptables": lambda _: 1 if self.is_cut else "",
            r"-N FAULT": self._cut,
            r"-X FAULT": self._heal,
        }

    def runs(self, _program: str) -> bool:
        return self._java

    def _counted(self) -> str:
        ways = {"-I INPUT": (self.got, "eth0   *   "), "-I OUTPUT": (self.sent, "*      eth0")}
        rules = [rule for sign, rule in ways.items() if sign in drops(self)]
        return COUNTED + "".join(DROPPED.format(count=count, way=way) for count, way in rules)

    def _cut(self, _line: str) -> str:
        self.is_cut = True
        return ""

    def _heal(self, _line: str) -> str:
        self.is_cut = False
        return ""


def drops(told: Rules) -> str:
    [line] = told.told("-N FAULT")
    return line


def test_a_partition_drops_all_but_what_is_for_the_host_and_its_own_side() -> None:
    one, two = Rules(), Rules("core-02")
    with injected(Partition([machine(one), machine(two)])) as fault:
        assert one.is_cut
        assert two.is_cut
        assert "-s $gateway -j RETURN" in drops(one)
        assert "-d 192.168.57.102 -j RETURN" in drops(one)
        assert "-s 192.168.57.101 -j RETURN" in drops(two)
        assert "INPUT -i eth0" in drops(one)
        assert "OUTPUT -o eth0" in drops(one)
    assert not one.is_cut
    assert not two.is_cut
    assert fault.order.target == "core-01,core-02"


@pytest.mark.parametrize(("direction", "way", "other"), [("in", "INPUT", "OUTPUT"), ("out", "OUTPUT", "INPUT")])
def test_a_partition_of_one_way_leaves_the_other(direction: str, way: str, other: str) -> None:
    told = Rules()
    with injected(Partition([machine(told)], direction=direction)):
        assert f"-I {way}" in drops(told)
        assert f"-I {other}" not in drops(told)


def test_a_partition_from_a_service_drops_its_ports_only() -> None:
    told = Rules()
    with injected(Partition([machine(told)], only="etcd", direction="in")):
        assert re.findall(r"-i eth0 -p tcp --(\w)port (\d+) -j DROP", drops(told)) == [
            *[("s", "2379"), ("d", "2379"), ("s", "2380"), ("d", "2380")]
        ]


def test_some_packets_are_lost_by_their_own_chance() -> None:
    told = Rules()
    with injected(PacketLoss(machine(told), percent=5)):
        assert "-m statistic --mode random --probability 0.05 -j DROP" in drops(told)


@pytest.mark.usefixtures("impatient")
def test_a_partition_that_drops_nothing_is_an_error_and_is_healed() -> None:
    told = Rules(dropped=0)
    with pytest.raises(FaultDidNotBite, match="packets of core-01 are dropped"), injected(Partition([machine(told)])):
        pytest.fail("the block is entered")
    assert not told.is_cut


class Heard(Rules):
    """A machine of which nothing is heard until somebody knocks; what it sends itself may go unheard for good."""

    def __init__(self, name: str, sends: bool = True, knocks_at: Rules | None = None) -> None:
        super().__init__(name, dropped=0)
        self.answers["ping|/dev/tcp"] = lambda _: self._knock()
        self._sends, self.knocks_at = sends, knocks_at

    def _knock(self) -> int:
        self.sent += self._sends and self.is_cut
        if self.knocks_at is not None:
            self.knocks_at.got += 1
        return 1  # nothing is answered


def test_each_machine_of_a_partition_drops_some_each_way_also_where_nobody_spoke() -> None:
    one, two = Heard("core-01"), Rules("core-02")
    other = Heard("core-03", knocks_at=one)
    with injected(Partition([machine(one), machine(two)], strangers=[machine(other)])):
        assert (one.sent, one.got) == (1, 1)
        assert one.told("ping")[0].endswith(" 192.168.57.103")
        assert other.told("ping")[0].endswith(" 192.168.57.101")
        assert two.told("ping") == [], "it had dropped some before"


@pytest.mark.parametrize("only", ["all", "etcd", "2380"])
def test_a_service_is_knocked_at_by_its_own_port(only: str) -> None:
    told = Heard("core-01")
    with injected(Partition([machine(told)], strangers=[machine(Heard("core-02", knocks_at=told))], only=only)):
        port = {"etcd": "2379", "all": ""}.get(only, only)
        assert bool(told.told(f"/dev/tcp/192.168.57.102/{port}'")) is (only != "all")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("sends", "hears"), [(False, True), (True, False)])
def test_a_partition_of_which_a_machine_or_a_way_drops_nothing_is_an_error(sends: bool, hears: bool) -> None:
    one, two = Rules("core-01"), Heard("core-02", sends)
    other = Heard("core-03", knocks_at=two if hears else None)
    cut = Partition([machine(one), machine(two)], strangers=[machine(other)])
    with pytest.raises(FaultDidNotBite, match="core-02 dropped"), injected(cut):
        pytest.fail("the block is entered")
    assert not one.is_cut


@pytest.mark.parametrize("only", ["elasticsearch", "9300"])
def test_where_no_node_runs_there_is_nothing_of_elasticsearch_to_lose(only: str) -> None:
    bare, node = Rules("core-06", java=False), Rules("core-01")
    said = "no node runs on core-06: nothing of Elasticsearch would be lost"
    assert Partition([machine(bare)], strangers=[machine(node)], only=only).unavailable() == said
    assert Partition([machine(node)], strangers=[machine(bare)], only=only).unavailable() == said
    assert Partition([machine(node), machine(bare)], strangers=[machine(node)], only=only).unavailable() is None
    assert Partition([machine(bare)], strangers=[machine(node)]).unavailable() is None


def test_rules_that_stay_are_an_error() -> None:
    told = Rules()
    told.answers[r"-X FAULT"] = ""
    said = r"packets of \[core-01\] are still dropped"
    with pytest.raises(FaultNotHealed, match=said), injected(Partition([machine(told)])):
        pass


def test_without_iptables_a_partition_is_unavailable_in_its_words() -> None:
    told = Told(answers={"PROBE": 4})
    with pytest.raises(Unavailable, match="iptables on core-01"), injected(PacketLoss(machine(told))):
        pytest.fail("the block is entered")


def test_two_faults_of_one_machine_have_chains_of_their_own_and_another_process_finds_the_same() -> None:
    one = machine(Told())
    assert Packets(one, ports=(9300,)).chain == Packets(one, ports=(9300,)).chain
    assert len({Packets(one).chain, Packets(one, "in").chain, Packets(one, percent=5).chain}) == 3
    assert len(Packets(one).chain) < 29, "iptables takes no longer name"


def test_a_partition_of_a_machine_without_power_is_healed() -> None:
    told = Rules()
    with injected(Partition([machine(told)])):
        told.is_running = False


class Link(Told):
    """A machine whose pings take so many milliseconds, with a queue and without."""

    def __init__(self, slow: float) -> None:
        super().__init__()
        self.has_queue = False
        self.answers = {
            "unshare": "",
            "tc qdisc add": lambda _: self._set(True),
            "tc qdisc del": lambda _: self._set(False),
            "tc qdisc show": lambda _: "qdisc htb fa01: root refcnt 2" if self.has_queue else "qdisc noqueue 0: root",
            "ping": lambda _: f"rtt min/avg/max/mdev = {slow if self.has_queue else 0.1}/9/9/9 ms",
        }

    def _set(self, has_queue: bool) -> str:
        self.has_queue = has_queue
        return ""


LINKS: list[tuple[Callable[[Machine, Machine], Fault], float]] = [
    (lambda one, two: SlowLink(one, two, kilobits=512), 144),
    (lambda one, two: LateLink(one, two, milliseconds=200), 200),
]


@pytest.mark.parametrize(("make", "least"), LINKS)
def test_a_link_is_slow_inside_and_not_afterwards(make: Callable[[Machine, Machine], Fault], least: float) -> None:
    told = Link(slow=least)
    with injected(make(machine(told), machine(Told("core-02")))):
        assert told.has_queue
    assert not told.has_queue


@pytest.mark.parametrize(("make", "least"), LINKS)
def test_a_link_that_stays_quick_is_an_error(make: Callable[[Machine, Machine], Fault], least: float) -> None:
    told = Link(slow=least - 1)
    fault = make(machine(told), machine(Told("core-02")))
    with pytest.raises(FaultDidNotBite, match="bytes from core-01 took"), injected(fault):
        pytest.fail("the block is entered")
    assert not told.has_queue


def test_a_kernel_without_netem_says_so() -> None:
    class NoNetem(Told):
        def run(self, command: str, *arguments: str, within: float = 60, check: bool = True) -> CommandResult:
            return CommandResult(
                self.name, command, 2, "", "Warning: quantum\nError: Specified qdisc kind is unknown.\n"
            )

    fault = LateLink(machine(NoNetem()), machine(Told("core-02")))
    assert fault.unavailable() == "tc on core-01: Error: Specified qdisc kind is unknown."
