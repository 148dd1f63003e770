"""Old runs give way: by count, by size, and never one that is being written."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cluster import runs
from cluster.settings import Settings, SettingsError, load


def evidence(project: Path, *sizes: int) -> list[Path]:
    """Make runs, the oldest first, an hour apart, the newest an hour old."""
    made = []
    for number, size in enumerate(sizes):
        folder = project / ".cluster/evidence" / f"run-{number}"
        (folder / "test_a").mkdir(parents=True)
        (folder / "test_a/journal.txt").write_bytes(b"x" * size)
        aged(folder, 3600 * (len(sizes) - number))
        made.append(folder)
    return made


def aged(folder: Path, seconds: float) -> None:
    then = time.time() - seconds
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (then, then))


def kept(project: Path) -> list[str]:
    return sorted(path.name for path in (project / ".cluster/evidence").iterdir())


def test_the_oldest_beyond_the_count_go_in_one_line(tmp_path: Path) -> None:
    evidence(tmp_path, 600_000, 600_000, 1, 1)
    told: list[str] = []
    gone = runs.prune(Settings(project=tmp_path, keep_runs=2), told.append)
    assert [folder.name for folder in gone] == ["run-1", "run-0"]
    assert kept(tmp_path) == ["run-2", "run-3"]
    assert told == ["removed the evidence of 2 old runs, 1 MB"]


def test_what_is_too_large_together_goes_the_oldest_first_and_the_newest_stays_however_large(tmp_path: Path) -> None:
    evidence(tmp_path, 10, 700_000, 700_000)
    runs.prune(Settings(project=tmp_path, keep_megabytes=1), lambda _: None)
    assert kept(tmp_path) == ["run-2"]


def test_nothing_goes_and_nothing_is_said_where_all_may_stay(tmp_path: Path) -> None:
    evidence(tmp_path, 1, 1)
    told: list[str] = []
    assert runs.prune(Settings(project=tmp_path), told.append) == []
    assert told == []
    assert runs.prune(Settings(project=tmp_path / "none"), told.append) == []


def test_the_current_run_stays_though_it_looks_old(tmp_path: Path) -> None:
    oldest, *_ = evidence(tmp_path, 1, 1, 1)
    runs.prune(Settings(project=tmp_path, keep_runs=1), lambda _: None, spare=[oldest])
    assert kept(tmp_path) == ["run-0", "run-2"]


def test_a_run_that_another_process_has_open_stays(tmp_path: Path) -> None:
    oldest, *_ = evidence(tmp_path, 1, 1, 1)
    hold = "import sys; file = open(sys.argv[1], 'a'); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(oldest / "test_a/journal.txt")]
    writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"open\n"
        runs.prune(Settings(project=tmp_path, keep_runs=1), lambda _: None)
        assert kept(tmp_path) == ["run-0", "run-2"]
        writer.communicate()
    runs.prune(Settings(project=tmp_path, keep_runs=1), lambda _: None)
    assert kept(tmp_path) == ["run-2"]


def test_a_run_that_was_changed_a_moment_ago_stays(tmp_path: Path) -> None:
    one, two = evidence(tmp_path, 1, 1)
    aged(one, 10)
    aged(two, 5)
    runs.prune(Settings(project=tmp_path, keep_runs=1), lambda _: None)
    assert kept(tmp_path) == ["run-0", "run-1"]


def test_the_settings_have_an_override_and_nothing_less_than_one_run_can_be_meant(tmp_path: Path) -> None:
    (tmp_path / "cluster.yml").write_text("keep_runs: 3\n")
    assert load(tmp_path, {"CLUSTER_KEEP_RUNS": "7", "CLUSTER_KEEP_MEGABYTES": "5"}).keep_runs == 7
    assert load(tmp_path, {}).keep_runs == 3
    with pytest.raises(SettingsError, match="keep_runs"):
        load(tmp_path, {"CLUSTER_KEEP_RUNS": "0"})
