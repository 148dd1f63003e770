"""What became of a test, in one word: passed, failed, known, unknown, skipped, or the trouble of the host (infra)."""

from __future__ import annotations

import re
from typing import Any

from cluster.errors import InfraError
from cluster.host import HostNotReady
from cluster.known import WORD

INFRA = "infra"
ORDER = ("skipped", "passed", "known", "unknown", INFRA, "failed")
"""From what says least to what says most: the worst phase of a test is the test's."""

UNKNOWN = re.compile(r": unknown, \d+ observed")
"""How a verdict calls itself that nothing was observed for."""

HISTORY = "by the run's history"
"""What the terminal and JUnit XML call what the history has against the run; there, it is the class of its failures."""

VERDICT, EVIDENCE = "verdict", "evidence"
"""The names of the properties in a test's report, and so in JUnit XML."""

SAYS_NOTHING = "the host, Vagrant, docker or the way to a machine failed: this says nothing about the units"


def verdict_of(report: Any, error: BaseException | None) -> str:
    """Return the verdict on one phase of a test."""
    if str(getattr(report, "wasxfail", "")).startswith(WORD):
        return "known" if report.skipped else "passed"
    if not report.failed:
        return str(report.outcome)
    if isinstance(error, InfraError | HostNotReady):
        return INFRA
    return "unknown" if isinstance(error, AssertionError) and UNKNOWN.search(str(error)) else "failed"


def worst(verdicts: list[str]) -> str:
    """Return the verdict on a whole test. A passed set-up does not make a skipped test a passed one."""
    if "skipped" in verdicts and set(verdicts) <= {"skipped", "passed"}:
        return "skipped"
    return max(verdicts, key=ORDER.index)


def reason(report: Any) -> str:
    """Return why a phase failed: the message, without the way to it."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash is not None else report.longreprtext)[:4000]
