"""What a person is told of a campaign: a line for each step, a summary, and the one line that replays a red run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from cluster.chaos.campaign import Judgement
from cluster.chaos.outcome import Ending, Outcome, Tally
from cluster.chaos.schedule import Schedule
from cluster.settings import again

WORDS = {Ending.SURVIVED: "survived", Ending.RED: "red", Ending.UNAVAILABLE: "not to be had here"}


def step(outcome: Outcome) -> Iterator[str]:
    """Give the lines of one step, when it has ended."""
    yield f"step {outcome.step.number}: {WORDS[outcome.ending]}, {outcome.seconds:.0f} s"
    yield from _inset([*outcome.red, *outcome.known])


def end(judged: Judgement) -> Iterator[str]:
    """Give the lines of what was found only after the last step; none where nothing was."""
    if judged.red or judged.known:
        yield "at the end:"
        yield from _inset([*judged.red, *judged.known])


def plan(schedule: Schedule) -> Iterator[str]:
    """Give the lines of what is going to happen."""
    yield f"seed {schedule.seed}: {len(schedule.steps)} steps for {schedule.minutes:g} minutes"
    for one in schedule.steps:
        yield f"  step {one.number}: {one}"


def summary(schedule: Schedule, outcomes: Sequence[Outcome], documents: Mapping[str, int]) -> Iterator[str]:
    """Give the lines that sum a campaign up: what was tried and how it ended; `documents` are counts by their fate."""
    seconds = sum(outcome.seconds for outcome in outcomes)
    yield f"seed {schedule.seed}: {len(outcomes)} of {len(schedule.steps)} steps in {seconds / 60:.1f} minutes"
    for ending, counts in Tally.counted(outcomes).of.items():
        if counts:
            yield f"  {WORDS[ending]}: " + ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    if not any(outcome.tried for outcome in outcomes):
        yield "  nothing was tried: that is not green"
    yield "  documents: " + (", ".join(f"{count} {fate}" for fate, count in documents.items()) or "none")


def replay(run: Path, project: Path, outcomes: Sequence[Outcome]) -> str:
    """Return the line that does the same again, up to the first red step."""
    red = [outcome.step.number for outcome in outcomes if outcome.ending is Ending.RED]
    steps = f" --steps 1-{red[0]}" if red else ""
    path = run.relative_to(project) if run.is_relative_to(project) else run
    return again(f"./toxw -e cluster -- replay {path}{steps}")


def _inset(texts: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for text in texts for line in text.splitlines())
