"""A session of the suite, run by pytest itself, over a cluster that only notes what is done to it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cluster import history, hostlock, ownership, site
from cluster.checkers import conclude
from cluster.errors import InfraError
from cluster.host import HostNotReady
from cluster.settings import Settings

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]


class Noting:
    """A cluster in memory: the class is the host, with at most one cluster on it."""

    told: list[str] = []
    locked = True
    running = False
    ready: Exception | None = None
    healthy: Exception | None = None

    def __init__(self, settings: Settings, say: Any) -> None:
        self.settings, self.say = settings, say

    def prepare(self) -> None:
        if self.ready is not None:
            raise self.ready

    def all_running(self) -> bool:
        return type(self).running

    def up(self, maker: str, fresh: bool) -> None:
        self.told.append("up")
        self.say("the machines boot")
        ownership.note(self.settings, maker)
        self.wait_healthy()

    def wait_healthy(self) -> None:
        if self.healthy is not None:
            raise self.healthy

    def down(self) -> None:
        self.told.append("down")

    def disconnect(self) -> None: ...


class Left:
    def __init__(self, settings: Settings) -> None: ...

    def run(self) -> bool:
        return Noting.running


class NotingReaper:
    def __init__(self, settings: Settings, maker: str) -> None:
        Noting.told.append("reaper")

    def dismiss(self) -> None:
        Noting.told.append("dismissed")
        Noting.locked = hostlock.path_of("trial").exists()


class Silent:
    def __init__(self, *_: object, **__: object) -> None: ...

    def heard(self) -> list[Any]:
        return []

    def stop(self) -> None: ...

    def close(self) -> None: ...


def collect(cluster: Noting, folder: Path, failure: str, events: list[Any]) -> Path:
    cluster.told.append("evidence")
    return folder


CONFTEST = """
import pytest
from pathlib import Path
from cluster.settings import Settings

pytest_plugins = ["cluster.plugin", "cluster.workers", "cluster.fixtures", "cluster.reporting"]

@pytest.fixture(scope="session")
def settings():
    return Settings(name="trial", project=Path({folder!r}))
"""


@pytest.fixture
def session(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the text of a test module in a session of its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name, fake in (("Cluster", Noting), ("Leftovers", Left), ("Reaper", NotingReaper)):
        monkeypatch.setattr(site, name, fake)
    monkeypatch.setattr(site, "Recorder", Silent)
    monkeypatch.setattr(site, "Observers", Silent)
    monkeypatch.setattr(site, "Etcd", Silent)
    monkeypatch.setattr(site.evidence, "collect", collect)
    monkeypatch.setattr(site, "conclude", lambda told, known: [])
    monkeypatch.setattr(site.Site, "deployed", lambda self: None)
    monkeypatch.setattr(site.Site, "gate", lambda self, when: None)
    for name, value in (("told", []), ("running", False), ("ready", None), ("healthy", None)):
        monkeypatch.setattr(Noting, name, value)
    pytester.makeconftest(CONFTEST.format(folder=str(tmp_path)))

    def run(text: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(text)
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio", *options)

    return run


USES = "def test_a(site): pass"
FAILS = "def test_a(site): assert 0, 'the promise is broken'"


def test_a_cluster_is_made_and_removed(session: Run) -> None:
    session(USES).assert_outcomes(passed=1)
    assert Noting.told == ["reaper", "up", "down", "dismissed"]
    assert not Noting.locked, "who is killed before it gives its locks back needs the reaper for that"


@pytest.mark.parametrize("keep", ["never", "failed"])
def test_a_session_writes_a_history_from_the_boot_to_its_verdicts_and_is_red_by_them(
    session: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: str
) -> None:
    monkeypatch.setattr(site, "conclude", conclude)
    result = session(USES, f"--cluster-keep={keep}")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert Noting.told == ["reaper", "up", "evidence", *(["down"] if keep == "never" else []), "dismissed"]
    (path,) = (tmp_path / ".cluster" / "evidence").glob("*/history.jsonl")
    told = history.read(path)
    assert told.header.cluster == "trial"
    assert told.header.command.startswith("pytest ")
    phases = ["up", "down"] if keep == "never" else ["up"]
    assert [(one.name, one.phase) for one in told.of(history.Phase)] == [
        (name, phase) for name in phases for phase in ("begin", "end")
    ]
    assert [(one.phase, one.outcome) for one in told.of(history.Test)] == [("begin", None), ("end", "passed")]
    verdicts = {one.question: one.status for one in told.of(history.VerdictGiven)}
    assert verdicts["nothing bad in the journals"] == "unknown"  # its machines' journals say nothing
    assert "no acknowledged document is lost" not in verdicts  # nobody asked


def test_a_host_that_is_not_ready_ends_the_session_with_its_message_and_touches_nothing(session: Run) -> None:
    Noting.ready = HostNotReady("docker is missing; cure: install it")
    result = session(USES)
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*docker is missing; cure: install it*"])
    assert Noting.told == []


def test_a_persons_running_cluster_is_not_removed_and_the_choices_are_told(session: Run) -> None:
    Noting.running = True
    result = session(USES)
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*a person made it*toxw -e cluster -- down*--cluster-reuse*CLUSTER_NAME=*"])
    assert Noting.told == []


def test_what_a_run_of_the_suite_left_gives_way(session: Run, tmp_path: Path) -> None:
    Noting.running = True
    ownership.note(Settings(name="trial", project=tmp_path), ownership.suite("7"))
    session(USES).assert_outcomes(passed=1)
    assert Noting.told[:2] == ["reaper", "up"]


def test_a_found_cluster_is_used_and_stays_and_nobody_waits_to_remove_it(session: Run) -> None:
    Noting.running = True
    session(FAILS, "--cluster-reuse").assert_outcomes(failed=1)
    assert Noting.told == ["evidence"]


def test_a_found_cluster_that_is_not_healthy_stays_too(session: Run) -> None:
    Noting.running, Noting.healthy = True, AssertionError("core-02 is off")
    session(USES, "--cluster-reuse").assert_outcomes(errors=1)
    assert Noting.told == ["evidence"]


@pytest.mark.parametrize(("keep", "removed"), [("never", True), ("failed", False), ("always", False)])
def test_after_a_failure_the_cluster_is_kept_as_wanted(session: Run, keep: str, removed: bool) -> None:
    session(FAILS, f"--cluster-keep={keep}").assert_outcomes(failed=1)
    assert ("down" in Noting.told) == removed


def test_the_evidence_is_the_failures_last_line_and_taken_while_the_cluster_is_there(session: Run) -> None:
    result = session(FAILS, "--show-capture=no")
    result.stdout.fnmatch_lines(
        ["*the promise is broken*", "again: *./toxw -e e2e -- *::test_a *", "evidence: *test_a"]
    )
    assert Noting.told == ["reaper", "up", "evidence", "down", "dismissed"]


def test_a_last_test_that_hands_back_no_healthy_cluster_leaves_evidence_of_a_living_one(
    session: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gate(self: site.Site, when: str) -> None:
        assert when != "after the test", "a node is missing"

    monkeypatch.setattr(site.Site, "gate", gate)
    result = session("import pytest\n@pytest.mark.breaks\n" + USES, "--cluster-keep=failed")
    result.assert_outcomes(passed=1, errors=1)
    assert Noting.told == ["reaper", "up", "evidence", "dismissed"]
    result.stdout.fnmatch_lines(["evidence: *test_a-teardown"])


LOOKS_AFTER = """
import pytest
@pytest.mark.breaks
def test_a(site): pass
def test_b(site): assert not site.is_spoilt
"""
FIRST_WHAT_BREAKS = """
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.name)
"""


def test_a_test_that_only_looks_gets_a_new_cluster_after_one_that_handed_no_healthy_one_back(
    session: Run, monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester
) -> None:
    """As in a worker, where the looks of one file come after what another one has broken."""
    conftest = pytester.path / "conftest.py"
    conftest.write_text(conftest.read_text() + FIRST_WHAT_BREAKS)

    def gate(self: site.Site, when: str) -> None:
        assert when != "after the test", "a node is missing"

    monkeypatch.setattr(site.Site, "gate", gate)
    session(LOOKS_AFTER).assert_outcomes(passed=2, errors=1)
    assert Noting.told == ["reaper", "up", "evidence", "down", "up", "down", "dismissed"]


def test_a_test_that_only_looks_does_not_wait_again_for_a_deployment_that_failed(
    session: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deployed(self: site.Site) -> None:
        self._undeployed, self.is_spoilt = AssertionError("four nodes"), True
        raise self._undeployed

    monkeypatch.setattr(site.Site, "deployed", deployed)
    session("def test_a(deployed): pass\ndef test_b(deployed): pass").assert_outcomes(errors=2)
    assert Noting.told == ["reaper", "up", "evidence", "evidence", "down", "dismissed"]


def test_a_cluster_that_could_not_be_removed_is_left_to_the_reaper(
    session: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(self: Noting) -> None:
        raise InfraError("docker does not answer")

    monkeypatch.setattr(Noting, "down", down)
    session(USES).assert_outcomes(passed=1, errors=1)
    assert Noting.told == ["reaper", "up", "evidence"]


def test_evidence_that_cannot_be_had_hides_no_failure(session: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Path:
        raise OSError("no space left")

    monkeypatch.setattr(site.evidence, "collect", full)
    result = session(FAILS)
    result.stdout.fnmatch_lines(["*the promise is broken*", "evidence: could not be collected: OSError: no space left"])


def test_what_breaks_something_runs_last(session: Run) -> None:
    result = session("import pytest\n@pytest.mark.breaks\ndef test_b(site): pass\n" + USES, "-v")
    result.stdout.fnmatch_lines(["*::test_a PASSED*", "*::test_b PASSED*"])


def test_a_deployment_that_failed_once_is_not_waited_for_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    deploys: list[str] = []

    def deploy(self: site.Site) -> None:
        deploys.append("deploy")
        self._undeployed, self.is_spoilt = AssertionError("four nodes"), True
        raise self._undeployed

    one = site.Site(Settings(name="trial", project=tmp_path), lambda _: None)
    monkeypatch.setattr(site.Site, "deploy", deploy)
    with pytest.raises(AssertionError, match="four nodes"):
        one.deployed()
    with pytest.raises(site.InfraError, match="failed before"):
        one.deployed()
    assert deploys == ["deploy"]


def test_fewer_machines_than_instances_are_refused_at_once(tmp_path: Path) -> None:
    one = site.Site(Settings(name="trial", project=tmp_path, machines=4), lambda _: None)
    with pytest.raises(site.InfraError, match="5 instances need 5 machines"):
        one.deploy()
