"""What upstream's fleet is known not to keep: a test that fails for it is no failure, and says which issue it is."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest

from cluster import release
from cluster.errors import CommandFailed

MARKER = "known_upstream(issue): on upstream's fleet (FLEET_RELEASE) this is known to fail; the issue says why"

WORD = "known: "
KNOWN, SURPRISE = "known", "known, yet passed"


def expect(items: Iterable[pytest.Item]) -> None:
    """Where the machines run upstream's fleet, expect the marked tests to fail; trouble of the host stays an error."""
    if not os.environ.get(release.VARIABLE):
        return
    for item in items:
        for mark in item.iter_markers("known_upstream"):
            (issue,) = mark.args
            item.add_marker(pytest.mark.xfail(reason=f"{WORD}{issue}", raises=(AssertionError, CommandFailed)))


def status(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Return the verdict on an expected failure, or on its absence; None for any other report."""
    reason = getattr(report, "wasxfail", "")
    if not reason.startswith(WORD):
        return None
    return (KNOWN, "k", f"KNOWN ({reason})") if report.skipped else (SURPRISE, "K", f"PASSED, THOUGH {reason}")


def tell(terminal: pytest.TerminalReporter) -> None:
    """Print a line for each of them."""
    for category in (KNOWN, SURPRISE):
        for report in terminal.stats.get(category, []):
            terminal.write_line(f"{category}: {report.nodeid} ({report.wasxfail.removeprefix(WORD)})")
