"""What pytest says of the tests of one run, read from its JUnit file."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from cluster.outcome import HISTORY

SETUP = "failed on setup"
"""How pytest begins the message of a test whose body did not run."""


@dataclass(frozen=True)
class Result:
    """One test: passed, failed (with the messages of its phases that did) or skipped (with the reason)."""

    outcome: str
    messages: tuple[str, ...] = ()
    """What its body failed with, or why it was skipped."""
    around: tuple[str, ...] = ()
    """What its set-up (such a message begins with SETUP) and its tear-down failed with."""


def read(path: Path) -> dict[str, Result]:
    """Return each test's result by its node id. A test that failed and could not be torn down stands there twice."""
    results: dict[str, Result] = {}
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = node_id(case.get("classname", ""), case.get("name", ""))
        before = results.get(name, Result("passed"))
        results[name] = _both(before, _result(case))
    return results


def node_id(classname: str, name: str) -> str:
    """Return a node id from its two parts in the file: `e2e.test_a` and `test_b[c]`; or what `question` returns."""
    if classname == HISTORY:
        return question(name)
    return f"{classname.replace('.', '/')}.py::{name}" if classname else name


def question(words: str) -> str:
    """Return what stands in the place of a node id where the run's history is red at this question."""
    return f"{HISTORY}::{words}"


def _result(case: ElementTree.Element) -> Result:
    read = _words if case.get("classname") == HISTORY else _message
    failed, around = (tuple(map(read, case.findall(tag))) for tag in ("failure", "error"))
    if failed or around:
        return Result("failed", failed, around)
    skipped = case.find("skipped")
    return Result("passed") if skipped is None else Result("skipped", (skipped.get("message", ""),))


def _words(bad: ElementTree.Element) -> str:
    """Return all that the history has against the run at a question."""
    return bad.text or ""


def _message(bad: ElementTree.Element) -> str:
    """Return all of a failure's message: pytest cuts it in the attribute, and marks its lines with E in the report."""
    lines = (bad.text or "").splitlines()
    return "\n".join([bad.get("message", ""), *(line[1:].strip() for line in lines if line.startswith("E  "))])


def _both(one: Result, two: Result) -> Result:
    outcome = next((bad for bad in ("failed", "skipped") if bad in (one.outcome, two.outcome)), "passed")
    return Result(outcome, one.messages + two.messages, one.around + two.around)
