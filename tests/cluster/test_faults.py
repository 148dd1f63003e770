"""Faults bite, and heal whatever happens meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster import faults
from cluster.eventually import TimedOut
from cluster.machine import Machine
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
    with pytest.raises(TimedOut, match="core-01 is down"), faults.killed(machine):
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
