"""A run with -n: each worker has a cluster of its own, gets whole files, and speaks through the one terminal."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from cluster import workers

pytest_plugins = ["pytester"]

CONFTEST = """
import tempfile
from pathlib import Path

import pytest

from cluster import evidence, fixtures, site, slots
from cluster.host import HostNotReady
from cluster.host.engine import Engine, State
from cluster.settings import Settings

pytest_plugins = ["cluster.plugin", "cluster.workers", "cluster.fixtures"]
HERE = Path({here!r})
tempfile.tempdir = {here!r}
slots.engine.look = lambda name: Engine(State.ANSWERS)
slots.net.uses = lambda *_, **__: []
slots.allowed_here = lambda settings: {slots}


class Noting(site.Site):
    def prepare(self, reuse):
        if {refused!r}:
            raise HostNotReady({refused!r})

    def up(self):
        self.is_up = True
        self.say("up")

    def keep_evidence(self, name, failure):
        return self.evidence.setdefault(name, self.run / name.rpartition("::")[2])

    def end(self, keep):
        self.say(f"kept {{keep}}")


fixtures.Site = Noting
really = slots.taken


def taken(base, count, by, say):
    def noting(line):
        say(line)
        (HERE / "waited.ran").touch()

    return really(base, count, by, noting)


slots.taken = taken


@pytest.fixture(scope="session")
def settings():
    return Settings(name="trial", subnet="192.168.58", project=HERE)
"""

NOTES = """
import pathlib
from cluster.eventually import eventually
def test_{name}(site):
    here = pathlib.Path({here!r})
    (here / "{name}.ran").write_text(site.cluster.settings.name)
    eventually("{other} runs, too", (here / "{other}.ran").exists, within=60)
    assert "{name}" != "bad"
"""


def run(
    pytester: pytest.Pytester, here: Path, files: dict[str, str], *options: str, slots: int = 2, refused: str = ""
) -> pytest.RunResult:
    pytester.makeconftest(CONFTEST.format(here=str(here), slots=slots, refused=refused))
    pytester.makepyfile(
        **{f"test_{name}": NOTES.format(name=name, other=o, here=str(here)) for name, o in files.items()}
    )
    for name in [name for name in os.environ if name.startswith("CLUSTER_")]:
        pytester._monkeypatch.delenv(name)
    return pytester.runpytest_subprocess("-p", "no:asyncio", "-n", "2", *options)


def test_two_workers_have_two_clusters_and_say_which(pytester: pytest.Pytester, tmp_path: Path) -> None:
    result = run(pytester, tmp_path, {"a": "b", "b": "a"})
    result.assert_outcomes(passed=2)
    assert {(tmp_path / f"{name}.ran").read_text() for name in "ab"} == {"trial", "trial-2"}
    for name in ("trial", "trial-2"):
        result.stdout.fnmatch_lines([f"  [[]{name}] up", f"  [[]{name}] kept False"])
    assert list((tmp_path / "elasticsearch-fleet").iterdir()) == []


def test_more_workers_than_slots_wait_and_say_so(pytester: pytest.Pytester, tmp_path: Path) -> None:
    result = run(pytester, tmp_path, dict.fromkeys("abcd", "waited"), slots=1)
    result.assert_outcomes(passed=4)
    assert {(tmp_path / f"{name}.ran").read_text() for name in "abcd"} == {"trial"}
    result.stdout.fnmatch_lines(["  [[]gw*] waiting for one of 1 slots; they are taken by a test run (process *"])


def test_a_dot_of_pytests_never_stands_in_a_line_that_is_told(pytester: pytest.Pytester) -> None:
    """The dots of a parallel run come from another thread than what its workers say."""
    config = pytester.parseconfigure("-p", "no:asyncio")
    shown = io.StringIO()
    config.pluginmanager.unregister(name="terminalreporter")
    reporter = TerminalReporter(config, shown)
    config.pluginmanager.register(reporter, "terminalreporter")
    tell, over = workers.terminal(config), threading.Event()

    def dots() -> None:
        while not over.is_set():
            reporter._tw.write(".")

    with often_switched(), ThreadPoolExecutor(1) as others:
        dotting = others.submit(dots)
        try:
            for _ in range(300):
                tell("told")
        finally:
            over.set()
        dotting.result()
    lines = shown.getvalue().splitlines()
    assert [line for line in lines if line.strip(".")] == ["  told"] * 300
    assert "." in shown.getvalue()


@contextmanager
def often_switched() -> Iterator[None]:
    """Have the threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


WAITS = """
import time
import pytest
from cluster.workers import untimed
@pytest.fixture
def waits(request):
    with untimed(request.config):
        time.sleep(1.2)
@pytest.mark.timeout(1)
def test_a(waits): pass
@pytest.mark.timeout(1)
def test_b(waits): time.sleep(30)
"""


def test_the_wait_for_a_slot_is_no_part_of_a_tests_time(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["cluster.workers"]')
    pytester.makepyfile(WAITS)
    result = pytester.runpytest_subprocess("-p", "no:asyncio")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Timeout (>1.0s)*"])


def test_a_failure_in_the_second_slot_is_run_again_there_and_all_evidence_is_in_one_folder(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    result = run(pytester, tmp_path, {"bad": "good", "good": "bad"}, "--cluster-keep=failed")
    result.assert_outcomes(passed=1, failed=1)
    where = (tmp_path / "bad.ran").read_text()
    variables = "CLUSTER_NAME=trial-2 CLUSTER_SUBNET=192.168.63 " if where == "trial-2" else ""
    result.stdout.fnmatch_lines([f"again: {variables}./toxw -e e2e -- test_bad.py::test_bad --cluster-keep=failed"])
    result.stdout.fnmatch_lines(["evidence: */.cluster/evidence/*-esfleet/test_bad"])
    result.stdout.fnmatch_lines([f"  [[]{where}] kept True"])


def test_a_host_that_is_not_ready_ends_the_run_and_is_told(pytester: pytest.Pytester, tmp_path: Path) -> None:
    result = run(pytester, tmp_path, {"a": "a"}, refused="docker is missing\n  cure: install it")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*[[]trial] docker is missing", "*[[]trial]   cure: install it"])
    assert not (tmp_path / "a.ran").exists()


def test_files_come_in_the_order_of_what_they_took_last(pytester: pytest.Pytester, tmp_path: Path) -> None:
    cache = pytester.path / ".pytest_cache" / "v" / "cluster"
    cache.mkdir(parents=True)
    known = {"test_a.py::test_a": 5.0, "test_b.py::test_b": 70.0, "test_c.py::test_c": 30.0}
    (cache / "durations").write_text(json.dumps(known))
    result = run(pytester, tmp_path, {"a": "a", "b": "b", "c": "c", "d": "d"}, "-v", "-n1")
    ran = [line.partition("test_")[2][0] for line in result.outlines if "PASSED" in line]
    assert ran == ["b", "c", "a", "d"]
    assert json.loads((cache / "durations").read_text())["test_b.py::test_b"] < 20
