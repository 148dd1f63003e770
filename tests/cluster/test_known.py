"""What upstream is known not to keep is told as known, and only where the machines run upstream."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

WIRING = """
from cluster import known
from cluster.errors import InfraError

def pytest_configure(config):
    config.addinivalue_line("markers", known.MARKER)

def pytest_collection_modifyitems(items):
    known.expect(items)

pytest_report_teststatus = known.status

def pytest_terminal_summary(terminalreporter):
    known.tell(terminalreporter)
"""

TESTS = """
import pytest
from cluster.errors import CommandFailed, InfraError

@pytest.mark.known_upstream("coreos/fleet#1")
@pytest.mark.parametrize("trouble", [AssertionError, CommandFailed, InfraError, None])
def test_promise(trouble):
    if trouble:
        raise trouble("x")

def test_other():
    raise AssertionError("y")
"""


@pytest.fixture
def result(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> pytest.RunResult:
    pytester.makeconftest(WIRING)
    pytester.makepyfile(test_it=TESTS)
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:asyncio", "-v")


def test_on_the_projects_fleet_the_mark_changes_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.delenv("FLEET_RELEASE", raising=False)
    request.getfixturevalue("result").assert_outcomes(passed=1, failed=4)


def test_on_upstreams_a_marked_failure_is_known_a_success_is_told_and_trouble_stays_trouble(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("FLEET_RELEASE", "/opt/release")
    result: pytest.RunResult = request.getfixturevalue("result")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "*test_promise[[]AssertionError] KNOWN (known: coreos/fleet#1)*",
            "*test_promise[[]CommandFailed] KNOWN (known: coreos/fleet#1)*",
            "*test_promise[[]InfraError] FAILED*",
            "*test_promise[[]None] PASSED, THOUGH known: coreos/fleet#1*",
            "*test_other FAILED*",
            "known: *test_promise[[]AssertionError] (coreos/fleet#1)",
            "known, yet passed: *test_promise[[]None] (coreos/fleet#1)",
        ]
    )
