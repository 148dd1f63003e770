"""The history: what was told is read again, whoever told it and whatever became of him."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cluster import history
from cluster.eventually import eventually
from cluster.history import Header, HistoryError, Mark, Observer, Operation, Other, Phase, parse, read, tell
from cluster.settings import PROJECT

HEADER = {"run": "r", "cluster": "c", "command": "x", "machines": {"core-01": "192.168.57.101"}, "labels": ["l"]}

VICTIM = """
import sys
from pathlib import Path
from cluster import history
with history.opened(Path(sys.argv[1]), {}):
    for number in range(10**9):
        history.tell("mark", machine="core-01", unit="u", text=str(number))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "history.jsonl"


def test_what_was_told_is_read_in_order(path: Path) -> None:
    with history.opened(path, HEADER):
        tell("phase", name="up", phase="begin")
        tell("operation", id=1, process="writer-1", f="create", phase="invoke", document="d")
        tell("phase", name="late", phase="begin", at=0.0)
    read_again = read(path)
    assert read_again.header.machines == {"core-01": "192.168.57.101"}
    assert read_again.header.labels == ("l",)
    assert [type(entry) for entry in read_again.entries] == [Header, Phase, Phase, Operation]
    assert [phase.name for phase in read_again.of(Phase)] == ["late", "up"]
    assert read_again.of("operation") == read_again.of(Operation)
    assert [json.loads(line)["kind"] for line in read_again.lines] == ["run", "phase", "phase", "operation"]
    assert read_again.cut == 0


def test_the_times_are_the_hosts_monotonic_clock_since_the_base(path: Path) -> None:
    with history.opened(path, HEADER):
        for number in range(100):
            tell("mark", machine="m", unit="u", text=str(number))
        last = history.now()
    times = [mark.at for mark in read(path).of(Mark)]
    assert all(one <= two for one, two in pairwise(times))
    assert 0 < times[-1] <= last < 30


def test_where_none_is_open_nothing_happens(path: Path) -> None:
    tell("phase", name="up", phase="begin")
    assert not history.is_open()
    with history.opened(path, HEADER):
        assert history.is_open()
    tell("phase", name="down", phase="begin")
    assert len(read(path).entries) == 1


def test_a_process_has_one_at_a_time_and_none_is_written_twice(path: Path) -> None:
    with history.opened(path, HEADER), pytest.raises(RuntimeError, match="already"), history.opened(path, HEADER):
        pass
    with pytest.raises(FileExistsError), history.opened(path, HEADER):
        pass
    assert not history.is_open()


def test_lines_of_many_threads_stay_whole(path: Path) -> None:
    def talk(name: str) -> None:
        for number in range(200):
            tell("operation", id=number, process=name, f="create", phase="ok", error="x" * number)

    with history.opened(path, HEADER):
        threads = [threading.Thread(target=talk, args=(f"writer-{number}",)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(read(path).of(Operation)) == 1600
    assert read(path).cut == 0


def test_a_forked_child_is_not_heard(path: Path) -> None:
    with history.opened(path, HEADER):
        child = os.fork()
        if not child:
            tell("phase", name="child", phase="begin")
            os._exit(0 if not history.is_open() else 1)
        assert os.waitpid(child, 0)[1] == 0
        tell("phase", name="parent", phase="begin")
    assert [phase.name for phase in read(path).of(Phase)] == ["parent"]


def test_a_killed_writer_loses_nothing_that_it_had_told(path: Path) -> None:
    here = {**os.environ, "PYTHONPATH": str(PROJECT)}
    process = subprocess.Popen([sys.executable, "-c", VICTIM, str(path)], env=here)
    try:
        eventually("something is written", lambda: path.exists() and path.stat().st_size > 10_000, within=20)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    marks = read(path).of(Mark)
    assert [mark.text for mark in marks] == [str(number) for number in range(len(marks))]
    assert len(marks) > 100


def test_a_line_cut_short_is_passed_over_and_counted(path: Path) -> None:
    with history.opened(path, HEADER):
        tell("phase", name="up", phase="begin")
    with path.open("a") as file:
        file.write('{"kind":"phase","at":3.1,"na')
    assert [phase.name for phase in read(path).of(Phase)] == ["up"]
    assert read(path).cut == 1


def test_what_a_full_disk_has_cost_is_told_when_there_is_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    with history.opened(path, HEADER):
        monkeypatch.setattr(os, "write", lambda file, text: real(file, text[:9]))
        tell("phase", name="lost", phase="begin")
        monkeypatch.setattr(os, "write", real)
        tell("phase", name="up", phase="begin")
    (observer,) = read(path).of(Observer)
    assert (observer.name, observer.phase, observer.why) == ("history", "failed", "1 lines could not be written")
    assert [phase.name for phase in read(path).of(Phase)] == ["up"]


def test_a_kind_or_a_field_of_a_later_version_stops_nobody() -> None:
    lines = ['{"kind":"run","at":0,"epoch":1,"new":1}', '{"kind":"dream","at":1,"of":"sheep"}']
    (other,) = parse(lines).of(Other)
    assert other.fields["of"] == "sheep"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "no header"),
        (['{"kind":"phase","at":0,"name":"up","phase":"begin"}'], "no header"),
        (['{"kind":"run","at":0,"epoch":1}', '{"kind":"phase","at":0,"name":"up"}'], "line 2 is no entry"),
        (["[1]"], "line 1 is no entry"),
    ],
)
def test_what_is_no_history_is_refused_with_its_line(lines: list[str], told: str) -> None:
    with pytest.raises(HistoryError, match=told):
        parse(lines)


@settings(deadline=None)  # a busy host is slow at times
@given(st.lists(st.text()), st.integers(min_value=0))
def test_however_much_of_the_end_is_missing_what_is_whole_is_read(texts: list[str], cut: int) -> None:
    header = '{"kind":"run","at":0,"epoch":1}\n'
    marks = [json.dumps({"kind": "mark", "at": 1, "machine": "m", "unit": "u", "text": text}) + "\n" for text in texts]
    whole = "".join(marks)
    kept = whole[: cut % (len(whole) + 1)]
    found = parse((header + kept).split("\n"))
    told = [mark.text for mark in found.of(Mark)]
    assert told == texts[: len(told)]
    assert len(told) >= kept.count("\n")


def test_a_run_with_several_clusters_has_a_history_for_each_worker_also_for_the_next_one_on_the_same_cluster(
    tmp_path: Path,
) -> None:
    assert history.file_in(tmp_path, "a").name == "history.jsonl"
    for cluster in ("b", "a", "a"):
        history.file_in(tmp_path, cluster, several=True).touch()
    assert [path.name for path in history.files(tmp_path)] == [
        "history-a-2.jsonl",
        "history-a.jsonl",
        "history-b.jsonl",
    ]
