"""The machines' journals, read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cluster.checkers import Run
from cluster.journals import BOOTED, STOPPING, Journals

STARTED = "39f53479d3a045ac8e11786248231fbf"
STOPPED = "9d1aaa27d60140bd96365438aad20286"
FAILED = "d9b373ed55a64feb8242e02dbe79a49c"
UNIT = "elasticsearch_logging@3.service"


def line(at: float, message: Any = "", **fields: Any) -> str:
    stamp = str(int(at * 1e6))
    return json.dumps({"__REALTIME_TIMESTAMP": stamp, "__CURSOR": f"{stamp}{fields}", "MESSAGE": message, **fields})


def systemd(at: float, message_id: str, unit: str = UNIT) -> str:
    return line(at, "…", MESSAGE_ID=message_id, UNIT=unit, _PID="1")


def booted(at: float) -> str:
    return line(at, "Journal started", MESSAGE_ID=BOOTED, _TRANSPORT="driver", _COMM="systemd-journal")


def journals(folder: Path, **lines: list[str]) -> Journals:
    for machine, content in lines.items():
        (folder / f"{machine.replace('_', '-')}.jsonl").write_text("".join(f"{text}\n" for text in content))
    return Journals(folder)


def test_a_units_records_are_its_processes_and_systemds(tmp_path: Path) -> None:
    own = line(2, "hello", _SYSTEMD_UNIT=UNIT)
    other = line(3, "other", _SYSTEMD_UNIT="ssh.service")
    records = journals(tmp_path, core_01=[systemd(1, STARTED), own, other]).unit(UNIT)
    assert [record.message for record in records] == ["…", "hello"]
    assert records[0].machine == "core-01"


def test_a_run_lasts_from_start_to_stop_or_failure(tmp_path: Path) -> None:
    lines = [systemd(1, STARTED), systemd(5, STOPPED), systemd(7, STARTED), systemd(9, FAILED), systemd(11, STARTED)]
    assert journals(tmp_path, core_01=lines).runs(UNIT) == [
        Run(UNIT, "core-01", 1, 5),
        Run(UNIT, "core-01", 7, 9),
        Run(UNIT, "core-01", 11, None),
    ]


def test_when_a_unit_was_told_to_stop_is_known_and_not_taken_for_its_end(tmp_path: Path) -> None:
    lines = [systemd(1, STARTED), systemd(4, STOPPING), systemd(5, STOPPED), systemd(8, STOPPING)]
    journal = journals(tmp_path, core_01=lines).of("core-01")
    assert journal.told_to_stop(UNIT, since=2) == [4, 8]
    assert journal.told_to_stop(UNIT, since=5) == [8]
    assert journal.runs(UNIT) == [Run(UNIT, "core-01", 1, 5)]


def test_a_oneshot_that_finished_runs_no_more(tmp_path: Path) -> None:
    finished = line(3, "Finished x.service", MESSAGE_ID=STARTED, UNIT=UNIT, _PID="1")
    lines = [systemd(1, "7d4958e842da4a758f6c1cdc7b36dcc5"), systemd(2, "7ad2d189f7e94e70a38c781354912448"), finished]
    assert journals(tmp_path, core_01=lines).runs(UNIT) == [Run(UNIT, "core-01", 1, 2)]


def test_a_new_boot_ends_what_ran_before_it(tmp_path: Path) -> None:
    lines = [booted(0), systemd(1, STARTED), line(6, "last words"), booted(60)]
    assert journals(tmp_path, core_01=lines).runs(UNIT) == [Run(UNIT, "core-01", 1, 6)]


def test_a_machine_is_followed_again_when_its_journal_goes_on_after_a_boot(tmp_path: Path) -> None:
    read = journals(tmp_path, core_01=[booted(0), line(6, "last words"), booted(60), line(61, "back")]).of("core-01")
    assert read.follows_boot(after=6)
    assert not read.follows_boot(after=60.5)


def test_a_boot_that_nothing_follows_is_not_enough(tmp_path: Path) -> None:
    assert not journals(tmp_path, core_01=[booted(0), line(6), booted(60)]).of("core-01").follows_boot(after=6)


def test_a_process_cannot_pretend_to_be_systemd(tmp_path: Path) -> None:
    forged = line(1, "…", MESSAGE_ID=STARTED, UNIT=UNIT, _PID="77")
    assert journals(tmp_path, core_01=[forged]).runs(UNIT) == []


def test_the_start_of_elasticsearch_is_its_own_first_line(tmp_path: Path) -> None:
    text = "[2026-11-23 08:00:01,234][INFO ][node      ] [elasticsearch_logging-3] version[1.7.6], pid[9], build[x/y]"
    read = journals(tmp_path, core_01=[line(5, text), line(6, text.replace("version", "started"))])
    assert [(start.node, start.machine, start.at) for start in read.node_starts()] == [
        ("elasticsearch_logging-3", "core-01", 5)
    ]
    assert read.node_starts(since=5.5) == read.node_starts(until=4.5) == []


def test_what_death_cut_short_and_what_was_told_twice_is_passed_over(tmp_path: Path) -> None:
    lines = [line(1, "a"), line(1, "a"), line(2, "b")[:-9]]
    assert [record.message for record in journals(tmp_path, core_01=lines).of("core-01").records] == ["a"]


def test_bytes_and_repeated_fields_are_readable(tmp_path: Path) -> None:
    lines = [line(1, [104, 105, 255]), line(2, ["first", "second"]), line(3, None)]
    messages = [record.message for record in journals(tmp_path, core_01=lines).of("core-01").records]
    assert messages == ["hi\ufffd", "first", ""]


def test_a_machine_without_a_journal_has_none(tmp_path: Path) -> None:
    assert journals(tmp_path).of("core-09").records == []
