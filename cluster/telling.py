"""The tests of a session in the history of its run: when each began, when it ended, and why it failed."""

from __future__ import annotations

from typing import Any

from cluster import history
from cluster.outcome import INFRA, reason


class Telling:
    """Tells one session's tests. The history is opened, and may be closed, by the fixture of some test.

    So a beginning that nobody could write down is written later with its time, and an end as soon as it is known.
    """

    def __init__(self) -> None:
        self._begun: set[str] = set()

    def begins(self, test: str) -> None:
        """Tell that a test begins, where there is a history by now."""
        if history.is_open():
            self._begun.add(test)
            history.tell("test", test=test, phase="begin")

    def phase(self, report: Any, verdict: str) -> None:
        """Tell what a phase's report adds: a late beginning, the end, or that what had ended well failed after all."""
        test = report.nodeid
        if history.is_open() and test not in self._begun:
            self._begun.add(test)
            history.tell("test", at=max(0.0, history.now() - report.duration), test=test, phase="begin")
        if report.when == "call" or report.failed or (report.when == "setup" and report.skipped):
            words = f"{INFRA}: {reason(report)}" if verdict == INFRA else reason(report)
            why = {"why": words} if report.failed else {}  # absent where there is nothing to say
            history.tell("test", test=test, phase="end", outcome=report.outcome, **why)  # type: ignore[arg-type]
