"""The verdict on a sabotage: did exactly its tests turn red, and for the reason that it states?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cluster.outcome import HISTORY
from cluster.sabotage.report import SETUP, Result
from cluster.sabotage.sabotage import Red, Sabotage

AS_STATED = "red as stated"
CANNOT_FAIL = "the test cannot fail"
ANOTHER_REASON = "red for another reason"
NEIGHBOUR = "a neighbour is not green"
NOT_RUN = "was not run"
BROKEN = "could not be tried"
"""The sabotage could not be put before its tests: an edit that does not fit, a cluster that does not come up."""


@dataclass(frozen=True)
class Finding:
    """What became of one test: AS_STATED, or what is wrong; `told` is a line for the reader."""

    test: str
    verdict: str
    told: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the test did what the sabotage states."""
        return self.verdict == AS_STATED


def judge(sabotage: Sabotage, results: Mapping[str, Result]) -> list[Finding]:
    """Return a finding for each red test, and one for each neighbour that is not green."""
    return [*(_red(red, results.get(red.test)) for red in sabotage.red), *_neighbours(sabotage, results)]


def _red(red: Red, result: Result | None) -> Finding:
    if result is None:
        return Finding(red.test, NOT_RUN)
    if result.outcome == "passed":
        return Finding(red.test, CANNOT_FAIL, "it is green although this is broken")
    if result.outcome == "skipped":
        return Finding(red.test, NOT_RUN, line_of(result))
    if any(red.says in message for message in _heard(red, result)):
        return Finding(red.test, AS_STATED, line_of(result, red.says))
    return Finding(red.test, ANOTHER_REASON, f"not {red.says!r} but: {line_of(result)}")


def _heard(red: Red, result: Result) -> Iterator[str]:
    """Yield the messages that count: of a test that did not come to its body, only where the sabotage says so."""
    if red.setup:
        yield from (message for message in result.around if message.startswith(SETUP))
    else:
        yield from result.messages


def _neighbours(sabotage: Sabotage, results: Mapping[str, Result]) -> Iterator[Finding]:
    """Yield a finding for each that is not green. The history is none: it judges all that a broken cluster did."""
    wanted = {red.test for red in sabotage.red}
    for test in dict.fromkeys([*sabotage.green, *results]):
        result = results.get(test)
        if test not in wanted and not test.startswith(HISTORY) and (result is None or result.outcome != "passed"):
            yield Finding(test, NEIGHBOUR, "it was not run" if result is None else line_of(result))


def line_of(result: Result, words: str = "") -> str:
    """Return the line of the messages with the words; without such a line, the first one that says something."""
    messages = (*result.messages, *result.around)
    lines = [line.strip() for message in messages for line in message.splitlines() if line.strip()]
    first = words.splitlines()[0] if words else ""
    return next((line for line in lines if first in line), lines[0] if lines else result.outcome)
