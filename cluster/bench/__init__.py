"""How long things take: the phases of a cluster's life, measured several times and compared with the last time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cluster import ownership
from cluster.bench import result, table
from cluster.bench.figures import PHASES
from cluster.bench.result import Result
from cluster.bench.run import Run
from cluster.bench.stopwatch import Stopwatch
from cluster.errors import InfraError
from cluster.say import Say
from cluster.settings import Settings
from cluster.site import Site


def phases_of(words: str) -> list[str]:
    """Return the phases that a list with commas names, in their order; raises InfraError for one that is none."""
    given = [word.strip() for word in words.split(",") if word.strip()]
    if unknown := [word for word in given if word not in PHASES]:
        raise InfraError(f"no phase {', '.join(unknown)}; there are {', '.join(PHASES)}")
    return [phase for phase in PHASES if phase in given]


def bench(settings: Settings, runs: int, phases: Sequence[str], say: Say) -> Result:
    """Measure the phases so many times, each time on a cluster of its own, and return all values.

    Nobody else may change the cluster meanwhile; a person's cluster of that name is refused, as the suite refuses it.
    """
    watch = Stopwatch(say)
    with ownership.held(settings, "cluster bench", say):
        for number in range(1, runs + 1):
            say(f"run {number} of {runs}")
            Run(Site(settings, say), watch).go(phases)
    return result.measured({name: values for name, values in watch.figures.items() if values}, settings.project)


def former(settings: Settings, against: Path | None) -> Result | None:
    """Return the result to compare with: the given one, or the last one that was kept, if there is any."""
    path = against or result.last(folder(settings))
    return None if path is None else result.read(path)


def folder(settings: Settings) -> Path:
    """Return where results are kept, whatever the cluster's name was."""
    return settings.work / "bench"


def keep(now: Result, settings: Settings, also: Path | None) -> Path:
    """Keep a result for later comparisons, and at one more place if wanted; return where it is kept."""
    if also is not None:
        result.write(now, also)
    return result.keep(now, folder(settings))


def report(now: Result, before: Result | None) -> str:
    """Return the table."""
    return "\n".join(table.lines(now, before))
