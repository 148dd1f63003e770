"""The suite's side of pytest: options, the order of tests, and the evidence of a failure."""

from __future__ import annotations

import shlex
import signal
import threading
from collections.abc import Generator
from typing import Any

import pytest

from cluster import eventually, known, outcome
from cluster.durations import PROPERTY
from cluster.report import page_of
from cluster.settings import again
from cluster.site import Site
from cluster.telling import Telling

SITE = pytest.StashKey[Site]()
"""The session's cluster, from the moment it is being made."""

TROUBLE = pytest.StashKey[str]()
"""Why this session could not even begin to make its cluster."""

PHASES = pytest.StashKey[list[str]]()
"""The verdicts on a test's phases, up to now."""

TELLING = pytest.StashKey[Telling]()
"""What tells the tests to the history of this process."""

TERMINATION = pytest.StashKey[Any]()
"""What was done at SIGTERM before."""

HANGS = 1800
"""Seconds after which a test, its share of the boot and of the images' build included, is a hung one."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite."""
    group = parser.getgroup("cluster", "the Vagrant cluster of the end-to-end tests")
    group.addoption(
        "--cluster-keep",
        choices=("never", "failed", "always"),
        default="never",
        help="keep the cluster after the tests: never, when one failed, always",
    )
    group.addoption(
        "--cluster-reuse",
        action="store_true",
        help="take the running cluster of this name, if it is healthy, and keep it",
    )
    group.addoption(
        "--cluster-timeout-factor",
        type=float,
        default=1.0,
        metavar="FACTOR",
        help="multiply every wait's limit, for a slow host",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Take over the options and make the markers known."""
    config.addinivalue_line("markers", "breaks: breaks something; runs last, and hands a healthy cluster back")
    config.addinivalue_line("markers", known.MARKER)
    config.addinivalue_line("filterwarnings", "ignore:HTTPResponse.getheaders:DeprecationWarning:elasticsearch")
    config.stash[TELLING] = Telling()
    try:
        eventually.scale(config.getoption("--cluster-timeout-factor"))
    except ValueError as error:
        raise pytest.UsageError(f"--cluster-timeout-factor: {error}") from None
    if threading.current_thread() is threading.main_thread():
        config.stash[TERMINATION] = signal.signal(signal.SIGTERM, _interrupt)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give SIGTERM back to whom it belonged to."""
    if TERMINATION in config.stash:
        signal.signal(signal.SIGTERM, config.stash[TERMINATION])


def _interrupt(*_: object) -> None:
    """End as Ctrl-C ends it: with teardown, and with a report."""
    raise KeyboardInterrupt("SIGTERM")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what breaks things last: so that its failure spoils nothing for the others. What hangs is ended."""
    items.sort(key=lambda item: item.get_closest_marker("breaks") is not None)
    known.expect(items)
    for item in items:
        if uses_site(item) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(HANGS))


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Call what upstream is known not to keep by that name."""
    return known.status(report)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what upstream was known not to keep, and what of that it keeps."""
    known.tell(terminalreporter)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tell the history that a test begins."""
    if uses_site(item):
        item.config.stash[TELLING].begins(item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say in the report what became of the test; after a failure, collect the evidence: its last lines name it."""
    if SITE in item.config.stash and PROPERTY not in dict(item.user_properties) and uses_site(item):
        item.user_properties.append((PROPERTY, item.config.stash[SITE].cluster.settings.name))
    report = yield
    if uses_site(item):
        verdict = outcome.verdict_of(report, call.excinfo and call.excinfo.value)
        item.config.stash[TELLING].phase(report, verdict)
        if report.failed and SITE in item.config.stash:
            _tell_evidence(item, report, verdict)
        _conclude(item, report, verdict)
    return report


def _tell_evidence(item: pytest.Item, report: pytest.TestReport, verdict: str) -> None:
    """Collect the evidence, and add where it is to the failure."""
    site = item.config.stash[SITE]
    command = f"./toxw -e {_environment(item)} -- {shlex.quote(item.nodeid)} --cluster-keep=failed"
    folder = _evidence(site, report)
    lines = [f"again: {again(command)}", f"evidence: {folder}"]
    if verdict == outcome.INFRA:
        lines.insert(0, f"infrastructure: {outcome.SAYS_NOTHING}")
    if site.told_in is not None:
        lines.append(f"report: {page_of(site.told_in)}")
    _note(item, report, outcome.EVIDENCE, folder)
    add = getattr(report.longrepr, "addsection", None)
    if add is not None:
        add("cluster", "\n".join(lines))
    else:
        report.sections.append(("cluster", "\n".join(lines)))


def _conclude(item: pytest.Item, report: pytest.TestReport, verdict: str) -> None:
    """Note the verdict on the phase; on the last one, that on the test."""
    item.stash.setdefault(PHASES, []).append(verdict)
    if report.when == "teardown":
        _note(item, report, outcome.VERDICT, outcome.worst(item.stash[PHASES]))


def _note(item: pytest.Item, report: pytest.TestReport, name: str, value: str) -> None:
    """Give a report, and those of later phases, a property: pytest has copied those that were there before."""
    item.user_properties.append((name, value))
    report.user_properties.append((name, value))


def uses_site(item: pytest.Item) -> bool:
    """Whether a test needs the cluster."""
    return "site" in getattr(item, "fixturenames", ())


def _environment(item: pytest.Item) -> str:
    """Return tox's environment that the test belongs to."""
    return "functional" if item.nodeid.startswith("tests/functional/") else "e2e"


def _evidence(site: Site, report: pytest.TestReport) -> str:
    """Return the folder; trouble with it must not hide the failure that it is the evidence of."""
    try:
        return str(site.keep_evidence(failure_name(report.nodeid, report.when), report.longreprtext))
    except Exception as error:
        return f"could not be collected: {type(error).__name__}: {error}"


def failure_name(nodeid: str, when: str | None) -> str:
    """Return the name under which the evidence of a failure is kept."""
    return nodeid if when == "call" else f"{nodeid}-{when}"
