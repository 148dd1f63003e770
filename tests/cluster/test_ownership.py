"""Whose a cluster is: one at a time changes it, and its maker is known."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from cluster.hostlock import HostLock
from cluster.ownership import LENT, PERSON, REMOVAL, InUse, held, lent, lock_of, maker, note, suite
from cluster.settings import Settings, load

HOLDER = """
import sys, tempfile
from pathlib import Path
tempfile.tempdir = sys.argv[1]
from cluster.ownership import held
from cluster.settings import Settings
with held(Settings(name="trial", project=Path(sys.argv[1])), sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return Settings(name="trial", project=tmp_path)


@contextmanager
def another_process(settings: Settings, by: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDER, str(settings.project), by]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_second_one_is_refused_and_told_who_is_there(settings: Settings) -> None:
    with (
        another_process(settings, "a test run") as process,
        pytest.raises(InUse, match=rf"trial is in use by a test run \(process {process.pid}, "),
        held(settings, "cluster up"),
    ):
        pass


def test_another_cluster_is_free(settings: Settings) -> None:
    other = Settings(name="other", project=settings.project)
    with another_process(settings, "a test run"), held(other, "cluster up"):
        pass


def test_it_is_free_at_once_when_its_holder_was_killed(settings: Settings) -> None:
    with another_process(settings, "a test run") as process:
        process.kill()
        process.wait()
        with held(settings, "cluster up"):
            pass


def test_a_removal_is_waited_for_and_told(settings: Settings) -> None:
    told: list[str] = []
    with another_process(settings, REMOVAL) as process:

        def say(line: str) -> None:
            told.append(line)
            process.kill()

        with held(settings, "a test run", say):
            pass
    assert told[0].startswith(f"waiting for {REMOVAL} (process {process.pid}, ")
    assert len(told) == 2


def test_a_holder_lends_it_to_a_process_that_it_starts_and_to_no_other(settings: Settings) -> None:
    command = [sys.executable, "-c", HOLDER, str(settings.project), "a test run"]
    with held(settings, "a sabotage run"):
        for loan in (lent(settings), lent(replace(settings, name="other")), {LENT: "trial by 1"}, {}):
            environment = os.environ | loan
            ran = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            assert ran.stdout == ("held\n" if loan == lent(settings) else ""), ran.stderr
        assert "a sabotage run" in lock_of(settings).holder()


def test_a_process_with_a_loan_reads_its_settings_as_any_other(settings: Settings) -> None:
    assert load(environment=lent(settings)).name


def test_every_user_of_the_host_can_take_it_also_where_the_folder_was_made_with_less(settings: Settings) -> None:
    path = lock_of(settings).path.parent
    path.mkdir(mode=0o755)
    with held(settings, "cluster up"):
        assert path.stat().st_mode & 0o7777 == 0o1777


def test_no_file_is_left_also_of_one_whose_holder_was_killed(settings: Settings, tmp_path: Path) -> None:
    with another_process(settings, "a test run") as process:
        process.kill()
        process.wait()
    assert [file.name for file in (tmp_path / "elasticsearch-fleet").iterdir()] != []
    with held(settings, REMOVAL):
        pass
    assert list((tmp_path / "elasticsearch-fleet").iterdir()) == []


def test_who_waits_for_a_file_that_its_holder_removes_takes_the_next_one(settings: Settings) -> None:
    first, second, third = (lock_of(settings) for _ in range(3))
    assert first.take("the first")
    waiting = threading.Thread(target=second.take, args=["the second"], kwargs={"wait": True})
    waiting.start()
    first.release()
    waiting.join(timeout=10)
    assert not waiting.is_alive()
    assert second.holder() == "the second"
    assert not third.take("the third")
    second.release()


def test_a_holder_that_is_gone_before_it_could_be_named_keeps_nobody_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes = iter([False])
    really = HostLock.take
    monkeypatch.setattr(
        HostLock, "take", lambda self, by, wait=False: next(takes, True) and really(self, by, wait=wait)
    )
    with held(settings, "cluster up"):
        assert "cluster up" in lock_of(settings).holder()


def test_the_maker_is_remembered_and_is_a_person_where_nobody_said(settings: Settings) -> None:
    assert maker(settings) == PERSON
    note(settings, suite("7"))
    assert maker(settings) == "suite 7"
