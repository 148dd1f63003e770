"""Who judges waits until each journal is heard up to now, or is told that it is followed no more."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cluster import history
from cluster.checkers import unheard
from cluster.cluster import Cluster
from cluster.errors import MachineUnreachable
from cluster.history import Heard
from cluster.history import Observer as Told
from cluster.observers import Observers

NAMES = ("core-01", "core-02")


@dataclass
class DummyMachine:
    """Answers, unless it is off; its journal goes on in the file, as long as somebody follows it."""

    name: str
    file: Path
    is_followed: bool = True
    is_off: bool = False

    def run(self, command: str, **_: Any) -> SimpleNamespace:
        if self.is_off:
            raise MachineUnreachable("it is off")
        sign = cast("re.Match[str]", re.search(r"heard-\S+", command))[0]
        if self.is_followed:
            line = {"__REALTIME_TIMESTAMP": str(int(time.time() * 1e6)), "MESSAGE": sign, "__CURSOR": sign}
            with self.file.open("a") as journal:
                journal.write(json.dumps(line) + "\n")
        return SimpleNamespace(stdout=f"{time.time()}\n{sign}\n")


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[DummyMachine]:
    monkeypatch.setattr(unheard, "LATE", 0.5)
    return [DummyMachine(name, tmp_path / f"{name}.jsonl") for name in NAMES]


def concluded(machines: list[DummyMachine], folder: Path) -> history.History:
    """Return the history of somebody who has looked, caught up, and ended."""
    settings = SimpleNamespace(journals=folder, addresses=dict.fromkeys(NAMES, "127.0.0.1"))
    with history.opened(folder / "h.jsonl", {}):
        observers = Observers(cast(Cluster, SimpleNamespace(machines=machines, settings=settings)))
        observers.catch_up()
        observers.stop()
    return history.read(folder / "h.jsonl")


def failed(told: history.History) -> list[str]:
    return [one.name for one in told.of(Told) if one.phase == "failed"]


def test_what_the_journals_have_is_heard_to_the_end(machines: list[DummyMachine], tmp_path: Path) -> None:
    told = concluded(machines, tmp_path)
    assert failed(told) == []
    assert {one.machine for one in told.of(Heard)} == set(NAMES)


def test_a_journal_that_nobody_follows_any_more_is_no_silent_one(machines: list[DummyMachine], tmp_path: Path) -> None:
    machines[1].is_followed = False
    assert failed(concluded(machines, tmp_path)) == ["journal core-02"]


def test_of_a_machine_that_is_off_nothing_is_waited_for(machines: list[DummyMachine], tmp_path: Path) -> None:
    machines[0].is_off = machines[1].is_off = True
    assert failed(concluded(machines, tmp_path)) == []
