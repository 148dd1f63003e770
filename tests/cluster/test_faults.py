"""Faults bite, and heal whatever happens meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cluster import faults
from cluster.errors import CommandFailed, InfraError
from cluster.etcd import Etcd, EtcdDown
from cluster.faults.fault import injected
from cluster.faults.files import HideFolder
from cluster.faults.store import Held
from cluster.machine import Machine
from cluster.settings import Settings
from cluster.ssh import Ssh


class DummyProvider:
    """Machines that exist in memory only: each is on, off or frozen."""

    def __init__(self, *machines: str) -> None:
        self._states = dict.fromkeys(machines, "on")

    def kill(self, machine: str) -> None:
        self._states[machine] = "off"

    def start(self, machine: str) -> None:
        self._states[machine] = "on"

    def freeze(self, machine: str) -> None:
        self._states[machine] = "frozen"

    def thaw(self, machine: str) -> None:
        self._states[machine] = "on"

    def is_running(self, machine: str) -> bool:
        return self._states[machine] == "on"

    def is_frozen(self, machine: str) -> bool:
        return self._states[machine] == "frozen"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine in memory, on which every command succeeds."""
    return Machine("core-01", "192.168.57.101", Ssh(tmp_path / "config", executable="true"), DummyProvider("core-01"))


def test_a_killed_machine_is_down_inside_and_up_afterwards(machine: Machine) -> None:
    with faults.killed(machine):
        assert not machine.is_running
    assert machine.is_running


def test_a_killed_machine_is_healed_also_after_a_failure(machine: Machine) -> None:
    with pytest.raises(ZeroDivisionError), faults.killed(machine):
        raise ZeroDivisionError
    assert machine.is_running


def test_a_kill_that_does_not_bite_is_an_error(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.eventually.factor", 0.01)
    monkeypatch.setattr(machine.provider, "kill", lambda name: None)
    with pytest.raises(faults.FaultDidNotBite, match="core-01 is down"), faults.killed(machine):
        pytest.fail("it runs on")


def test_a_frozen_machine_runs_nothing_inside_and_goes_on_afterwards(machine: Machine) -> None:
    with faults.frozen(machine):
        assert machine.is_frozen
        assert not machine.is_running
    assert machine.is_running


def test_a_frozen_machine_is_healed_also_after_a_failure(machine: Machine) -> None:
    with pytest.raises(ZeroDivisionError), faults.frozen(machine):
        raise ZeroDivisionError
    assert machine.is_running


def test_a_service_that_survives_its_kill_is_an_error(machine: Machine) -> None:
    with pytest.raises(faults.FaultDidNotBite, match="runs on"), faults.service_killed(machine, "etcd2.service"):
        pytest.fail("the block of a fault that does not bite is entered")


def test_a_folder_that_stays_usable_is_an_error(machine: Machine) -> None:
    with pytest.raises(faults.FaultDidNotBite, match="/data is still there"), faults.unusable(machine, "/data"):
        pytest.fail("the block of a fault that does not bite is entered")


def test_a_folder_that_was_unusable_is_back_with_its_content(machine: Machine, tmp_path: Path) -> None:
    """By the fault's own commands, in a shell on this host."""
    shell = tmp_path / "ssh"
    shell.write_text('#!/bin/sh\nfor last; do :; done\nsudo() { "$@"; }\neval "$last"\n')
    shell.chmod(0o755)
    here = replace(machine, ssh=Ssh(tmp_path / "config", executable=str(shell)))
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "document").write_text("kept")

    (tmp_path / "data.aside").touch()  # who hid it before was killed in the middle
    fault = HideFolder(here, str(folder))
    with injected(fault):
        assert folder.is_file()
        with pytest.raises(CommandFailed):
            fault.inject()
        assert folder.is_file()
    fault.heal()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("data")] == ["data"]
    assert (folder / "document").read_text() == "kept"


def test_machines_that_are_halted_are_off_inside_and_on_afterwards(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Machine, "run", lambda self, command: self.provider.kill(self.name))
    monkeypatch.setattr(Machine, "answers", True)
    other = Machine("core-02", "192.168.57.102", machine.ssh, DummyProvider("core-02"))
    with faults.halted(machine) as halt:
        assert (machine.is_running, other.is_running) == (False, True)
        halt(other)
        assert not other.is_running
    assert machine.is_running
    assert other.is_running


def test_what_is_halted_later_is_written_down_too_on_a_cluster_that_stays(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Machine, "run", lambda self, command: self.provider.kill(self.name))
    monkeypatch.setattr(Machine, "answers", True)
    other = Machine("core-02", "192.168.57.102", machine.ssh, DummyProvider("core-02"))
    settings = Settings(project=tmp_path)
    faults.write_down(settings)
    with faults.halted(machine) as halt:
        halt(other)
        assert [order.target for order in Held(settings).orders()] == ["core-01,core-02"]
    assert Held(settings).orders() == []
    faults.write_down(None)


def test_a_halted_machine_of_which_nothing_can_be_known_keeps_no_other_off(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_running(name: str) -> bool:
        raise InfraError("the state of core-02 is not known")

    monkeypatch.setattr(Machine, "run", lambda self, command: self.provider.kill(self.name))
    monkeypatch.setattr(Machine, "answers", True)
    other = Machine("core-02", "192.168.57.102", machine.ssh, DummyProvider("core-02"))
    with pytest.raises(faults.FaultNotHealed, match="core-02"), faults.halted(other, machine):
        monkeypatch.setattr(other.provider, "is_running", is_running)
    assert machine.is_running


def test_a_machine_that_goes_off_after_the_wait_for_it_is_on_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cluster.eventually.factor", 0.01)
    did: list[str] = []
    for verb in ("kill", "start"):
        act = getattr(machine.provider, verb)
        monkeypatch.setattr(machine.provider, verb, lambda name, verb=verb, act=act: (did.append(verb), act(name)))
    with pytest.raises(faults.FaultDidNotBite, match="core-01 is off"), faults.halted(machine):
        pytest.fail("it runs on")
    assert did == ["kill", "start"]


def test_a_kill_of_which_nobody_knows_whether_it_bit_is_healed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill = machine.provider.kill

    def lost(name: str) -> None:
        kill(name)
        raise InfraError("no answer")

    monkeypatch.setattr(machine.provider, "kill", lost)
    with pytest.raises(InfraError, match="no answer"), faults.killed(machine):
        pytest.fail("the block is entered")
    assert machine.is_running


class LostAnswers(Etcd):
    """An etcd that applies the first write, whose answer is then lost."""

    def __init__(self) -> None:
        super().__init__([])
        self.keys: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self.keys.get(key)

    def put_if_absent(self, key: str, value: str) -> bool:
        if key in self.keys:
            return False
        self.keys[key] = value
        raise EtcdDown("the answer is lost")

    def delete(self, key: str) -> bool:
        return self.keys.pop(key, None) is not None


def test_a_lock_whose_answer_is_lost_is_held_and_is_free_afterwards() -> None:
    etcd = LostAnswers()
    with faults.held(etcd, "/lock", "the operator"):
        assert etcd.keys == {"/lock": "the operator"}
    assert etcd.keys == {}


def test_a_halt_that_does_not_bite_is_an_error_and_is_healed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.eventually.factor", 0.01)
    with pytest.raises(faults.FaultDidNotBite, match="core-01 is off"), faults.halted(machine):
        pytest.fail("it runs on")
    assert machine.is_running
