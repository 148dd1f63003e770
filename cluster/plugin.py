"""The suite's side of pytest: options, the order of tests, and the evidence of a failure."""

from __future__ import annotations

import shlex
import signal
import threading
from collections.abc import Generator
from typing import Any

import pytest

from cluster import eventually, known
from cluster.durations import PROPERTY
from cluster.settings import again
from cluster.site import Site

SITE = pytest.StashKey[Site]()
"""The session's cluster, from the moment it is being made."""

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Name the cluster in the report; after a failure, collect the evidence: its folder is the failure's last line."""
    if SITE in item.config.stash and PROPERTY not in dict(item.user_properties) and uses_site(item):
        item.user_properties.append((PROPERTY, item.config.stash[SITE].cluster.settings.name))
    report = yield
    if report.failed and SITE in item.config.stash and uses_site(item):
        command = f"./toxw -e {_environment(item)} -- {shlex.quote(item.nodeid)} --cluster-keep=failed"
        told = f"again: {again(command)}\nevidence: {_evidence(item.config.stash[SITE], report)}"
        add = getattr(report.longrepr, "addsection", None)
        if add is not None:
            add("cluster", told)
        else:
            report.sections.append(("cluster", told))
    return report


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
