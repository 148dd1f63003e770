"""The suite's side of pytest: options, the order of tests, and the evidence of a failure."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from cluster import eventually, evidence
from cluster.site import Site

SITE = pytest.StashKey[Site]()
"""The session's cluster, from the moment it is being made."""

RUN = pytest.StashKey[Path]()
"""The folder of this run's evidence."""

BOOT = pytest.StashKey[Path]()
"""The evidence of a cluster that could not be booted."""

FAILED = pytest.StashKey[bool]()
"""Whether a test that used the cluster has failed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite."""
    group = parser.getgroup("cluster", "the Vagrant cluster of the end-to-end tests")
    group.addoption(
        "--cluster-keep",
        choices=("never", "failed", "always"),
        default="never",
        help="keep the cluster after the tests: never, when one failed, always (`cluster down` removes it)",
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
    config.addinivalue_line("filterwarnings", "ignore::ResourceWarning")
    config.addinivalue_line("filterwarnings", "ignore:HTTPResponse.getheaders:DeprecationWarning:elasticsearch")
    try:
        eventually.scale(config.getoption("--cluster-timeout-factor"))
    except ValueError as error:
        raise pytest.UsageError(f"--cluster-timeout-factor: {error}") from None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what breaks things last: so that its failure spoils nothing for the others."""
    items.sort(key=lambda item: item.get_closest_marker("breaks") is not None)


def keep_evidence(config: pytest.Config, name: str, failure: str) -> Path:
    """Collect the evidence of one failure and return its folder; while the cluster is still there."""
    site = config.stash[SITE]
    run = config.stash.setdefault(RUN, evidence.run_folder(site.cluster.settings))
    return evidence.collect(site.cluster, evidence.folder_of(run, name), failure)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """After a failure, collect the evidence; its folder is the last line of the failure."""
    report = yield
    if report.failed and SITE in item.config.stash and "site" in getattr(item, "fixturenames", ()):
        item.config.stash[FAILED] = True
        name = item.nodeid if report.when == "call" else f"{item.nodeid}-{report.when}"
        # A cluster that could not be booted is gone by now, and its evidence was collected before.
        folder = item.config.stash.get(BOOT, None) or keep_evidence(item.config, name, report.longreprtext)
        again = f"again: tox -e e2e -- {item.nodeid.partition('[')[0]} --cluster-keep=failed"
        report.sections.append(("cluster", f"{again}\nevidence: {folder}"))
    return report
