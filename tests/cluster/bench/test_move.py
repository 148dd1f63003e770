"""When fleet noticed a loss and when its unit was elsewhere, read from what etcd recorded."""

from __future__ import annotations

import json

import pytest

from cluster.bench.idling import cost
from cluster.bench.move import MACHINES, STATES, Move, moved, noticed
from cluster.errors import InfraError
from cluster.etcd import Change
from cluster.recorder import Event

UNIT = "es@3.service"


def event(at: float, key: str, value: str | None) -> Event:
    return Event(at, Change(key, value, int(at)))


def state(at: float, machine: str, active: str | None, unit: str = UNIT) -> Event:
    return event(at, f"{STATES}{unit}/{machine}", None if active is None else json.dumps({"active": active}))


LOST = [
    state(1.0, "dead", "active"),
    event(2.0, f"{MACHINES}other", None),
    event(5.0, f"{MACHINES}dead", None),
    state(5.0, "dead", None),
    state(5.5, "new", "inactive"),
    state(5.8, "new", "active", "es@4.service"),
    state(6.0, "new", "active"),
    state(9.0, "third", "active"),
]


def test_a_machine_is_noticed_when_its_own_entry_goes() -> None:
    assert noticed(LOST, "dead") == 5.0
    assert noticed(LOST[:2], "dead") is None
    assert noticed([event(1.0, f"{MACHINES}dead", "{}")], "dead") is None


def test_a_unit_is_elsewhere_when_it_is_first_active_on_another_machine() -> None:
    assert moved(LOST, UNIT, "dead") == Move(6.0, "new")
    assert moved(LOST[:-2], UNIT, "dead") is None


def test_what_fleetd_costs_is_read_from_its_ticks_and_its_memory() -> None:
    told = cost("100\n50 10\n60 20\n  50000 kB\n", 20)
    assert (told.memory, told.cpu) == (51.2, 1.0)


@pytest.mark.parametrize("told", ["", "100\n50 10\n", "100\n50 10\n60 20\n"])
def test_a_fleetd_that_was_not_there_costs_no_nothing(told: str) -> None:
    with pytest.raises(InfraError, match="cannot be read"):
        cost(told, 20)
