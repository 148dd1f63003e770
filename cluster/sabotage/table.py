"""What a person reads of the sabotages: before the run, while it goes on, and at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from cluster.sabotage.judge import AS_STATED
from cluster.sabotage.runner import Outcome
from cluster.sabotage.sabotage import Sabotage

WIDTH = 150
"""Characters that a told line may have."""


def catalogue(sabotages: Sequence[Sabotage]) -> Iterator[str]:
    """Yield the sabotages by their promise: what is broken, and which tests must see it."""
    for promise, group in groupby(sabotages, key=lambda sabotage: sabotage.promise):
        yield promise
        for sabotage in group:
            yield f"  {sabotage.name}"
            yield from (f"    breaks  {_short(str(part))}" for part in sabotage.breaks)
            yield from (f"    red     {red.test}: {red.says}" for red in sabotage.red)


def row(outcome: Outcome) -> Iterator[str]:
    """Yield the lines of one sabotage: verdict, time, and of each finding one line of the failure."""
    verdict = AS_STATED if outcome.is_good else "NOT AS STATED"
    yield f"{outcome.sabotage.name:<40} {verdict:<14} {outcome.seconds:5.0f} s"
    for finding in outcome.findings:
        told = finding.told if finding.is_good else f"{finding.verdict}: {finding.told}"
        yield f"  {finding.test.rpartition('::')[2]}: {_short(told)}"


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the last line."""
    bad = [outcome.sabotage.name for outcome in outcomes if not outcome.is_good]
    took = sum(outcome.seconds for outcome in outcomes) / 60
    good = f"{len(outcomes) - len(bad)} of {len(outcomes)} sabotages turned exactly their tests red, in {took:.1f} min"
    return good + (f"; not: {', '.join(bad)}" if bad else "")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"
