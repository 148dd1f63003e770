"""What the journals tell: units, nodes and lines worth seeing, each once, at the run's time, as the file grows."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from cluster import history
from cluster.checkers import Verdict, placement
from cluster.history import Entry, Mark, Process, Unit
from cluster.journals import BOOTED
from cluster.machine import Machine
from cluster.observers.clocks import Clocks
from cluster.observers.journal import STATES, JournalLook
from cluster.observers.tail import Tail

UNIT = "elasticsearch_logging@3.service"
ID = {state: id for id, state in reversed(STATES.items())}


class Followed:
    """A machine's journal that is followed into a file; times are seconds after the run's base."""

    def __init__(self, path: Path, epoch: float) -> None:
        self.path, self._epoch = path, epoch
        self._cursors = itertools.count()

    def systemd(self, at: float, state: str, unit: str = UNIT, message: str = "x") -> str:
        return self.line(at, _PID="1", UNIT=unit, MESSAGE=message, MESSAGE_ID=ID[state])

    def said(self, at: float, message: str, unit: str = UNIT) -> str:
        return self.line(at, _SYSTEMD_UNIT=unit, MESSAGE=message)

    def booted(self, at: float) -> str:
        return self.line(at, MESSAGE_ID=BOOTED, _TRANSPORT="driver", MESSAGE="Journal started")

    def line(self, at: float, **fields: str) -> str:
        stamped = {"__REALTIME_TIMESTAMP": str(int((self._epoch + at) * 1e6)), "__CURSOR": f"c{next(self._cursors)}"}
        text = json.dumps({**stamped, **fields}) + "\n"
        self.append(text)
        return text

    def append(self, text: str) -> None:
        with self.path.open("a") as file:
            file.write(text)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[history.Writer]:
    header = {"machines": {"core-01": "m1", "core-02": "m2"}, "labels": ["elasticsearch_logging"]}
    with history.opened(tmp_path / "h.jsonl", header) as writer:
        yield writer


@pytest.fixture
def journal(tmp_path: Path, told: history.Writer) -> Followed:
    return Followed(tmp_path / "core-01.jsonl", told.epoch)


def clocks(ahead: float = 0.0) -> Clocks:
    """The clocks of machines of which one is ahead."""
    here = cast(Machine, SimpleNamespace(name="core-01", run=lambda *_, **__: SimpleNamespace(stdout=str(ahead))))
    measured = Clocks([here], base=lambda: 0.0)
    measured()
    return measured


def heard(told: history.Writer, kind: type[Entry]) -> list[tuple[float, ...]]:
    names = {Unit: ("unit", "state"), Process: ("node",), Mark: ("text", "level")}[kind]
    found = [one for one in history.read(told.path).of(kind) if getattr(one, "unit", UNIT) in (UNIT, "machine")]
    return [(round(one.at, 3), *(getattr(one, name) for name in names)) for one in found]


def test_a_units_life_is_told_as_it_happens(journal: Followed, told: history.Writer) -> None:
    look = JournalLook(journal.path, clocks())
    look()
    journal.systemd(1, "starting")
    journal.systemd(2, "active", message="Started x")
    look()
    assert heard(told, Unit) == [(1.0, UNIT, "starting"), (2.0, UNIT, "active")]
    journal.systemd(3, "stopping")
    journal.systemd(4, "inactive")
    journal.systemd(4, "inactive")
    look()
    assert [state for _, _, state in heard(told, Unit)] == ["starting", "active", "stopping", "inactive"]


def test_nodes_and_lines_worth_seeing_are_told_and_others_are_not(journal: Followed, told: history.Writer) -> None:
    journal.said(1, "[INFO ][node ] [elasticsearch_logging-3] version[1.7.6], pid[7], build[x]")
    journal.said(2, "java.lang.OutOfMemoryError: Java heap space")
    journal.said(3, "nothing to see")
    journal.systemd(4, "active", "ssh.service")
    JournalLook(journal.path, clocks())()
    assert heard(told, Process) == [(1.0, "elasticsearch_logging-3")]
    assert heard(told, Mark) == [(2.0, "java.lang.OutOfMemoryError: Java heap space", "error")]
    assert heard(told, Unit) == []


def test_the_machines_clock_is_mapped_to_the_runs(journal: Followed, told: history.Writer) -> None:
    journal.systemd(100, "starting")
    JournalLook(journal.path, clocks(ahead=40.0))()
    assert heard(told, Unit) == [(60.0, UNIT, "starting")]


@pytest.mark.parametrize("old", [True, False])
def test_a_sign_that_a_machine_was_asked_for_is_told_and_another_runs_is_not(
    journal: Followed, told: history.Writer, old: bool
) -> None:
    asked: list[str] = []
    here = SimpleNamespace(
        name="core-01", run=lambda command, **_: asked.append(command) or SimpleNamespace(stdout="0")
    )
    measured = Clocks([cast(Machine, here)], base=lambda: 0.0)
    measured()
    sign = asked[0].partition("echo ")[2].partition(";")[0]
    journal.said(1, "heard-00000000-1", unit="ssh.service")
    journal.said(2, sign, unit="ssh.service")
    JournalLook(journal.path, measured, old=old)()
    assert [(one.machine, one.sign) for one in history.read(told.path).of(history.Heard)] == [("core-01", sign)]


def test_a_line_that_comes_in_two_parts_or_twice_is_told_once(journal: Followed, told: history.Writer) -> None:
    look = JournalLook(journal.path, clocks())
    text = journal.systemd(1, "starting")
    look()
    journal.append(text + text[:30])
    look()
    journal.append(text[30:])
    look()
    journal.systemd(2, "failed")
    look()
    assert heard(told, Unit) == [(1.0, UNIT, "starting"), (2.0, UNIT, "failed")]


def test_what_ran_when_a_machine_died_ended_with_its_last_word(journal: Followed, told: history.Writer) -> None:
    journal.systemd(1, "active", message="Started x")
    journal.said(9, "last words")
    journal.booted(60)
    JournalLook(journal.path, clocks())()
    assert heard(told, Unit) == [(1.0, UNIT, "active"), (9.0, UNIT, "inactive")]
    assert heard(told, Mark) == [(60.0, "booted", "info")]


def test_of_a_found_clusters_past_only_what_still_runs_is_told(journal: Followed, told: history.Writer) -> None:
    journal.systemd(-90, "active", "elasticsearch_logging@1.service")
    journal.booted(-80)
    journal.systemd(-70, "active")
    journal.systemd(-60, "active", "elasticsearch_logging@2.service")
    journal.systemd(-50, "inactive", "elasticsearch_logging@2.service")
    journal.said(-40, "java.lang.OutOfMemoryError")
    look = JournalLook(journal.path, clocks(), old=True)
    look()
    ((at, unit, state),) = heard(told, Unit)
    assert (unit, state) == (UNIT, "active")
    assert at >= 0
    assert heard(told, Mark) == []
    journal.systemd(5, "inactive")
    look()
    assert [state for _, _, state in heard(told, Unit)] == ["active", "inactive"]


def test_two_machines_journals_show_a_unit_that_ran_on_both(
    journal: Followed, told: history.Writer, tmp_path: Path
) -> None:
    other = Followed(tmp_path / "core-02.jsonl", told.epoch)
    journal.systemd(1, "active")
    other.systemd(5, "active")
    journal.systemd(9, "inactive")
    for path in (journal.path, other.path):
        JournalLook(path, clocks())()
    verdict: Verdict = placement.never_on_two_machines(placement.runs_in(history.read(told.path)))
    assert verdict.status == "failed"


def test_a_tail_begins_anew_with_another_file(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "f")
    assert tail.lines() == []
    (tmp_path / "f").write_text("a\nb")
    assert tail.lines() == ["a"]
    (tmp_path / "g").write_text("c\n")
    (tmp_path / "g").rename(tmp_path / "f")
    assert tail.lines() == ["c"]
    (tmp_path / "f").write_text("")
    assert tail.lines() == []
    with (tmp_path / "f").open("a") as file:
        file.write("d\n")
    assert tail.lines() == ["d"]
