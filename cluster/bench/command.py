"""The command `cluster bench`, which is what `tox -e bench` runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cluster import ownership, settings
from cluster.bench import result, table
from cluster.bench.figures import PHASES, USUAL
from cluster.bench.run import Run
from cluster.bench.stopwatch import Stopwatch
from cluster.errors import InfraError
from cluster.progress import Progress, console
from cluster.say import Say
from cluster.settings import Settings
from cluster.site import Site


def bench(
    runs: Annotated[int, typer.Option(min=1, help="how many clusters are made and measured")] = 3,
    phases: Annotated[str, typer.Option(help="what is measured, with commas")] = ",".join(USUAL),
    against: Annotated[Path | None, typer.Option(help="a former result; the last ones, if not given")] = None,
    json: Annotated[Path | None, typer.Option(help="write the result here, too")] = None,
) -> None:
    """Measure how long things take, on clusters that are made for it and removed; keep the result as JSON.

    What was measured before a run failed, or before Ctrl-C, is kept and shown as well.
    """
    meant, progress, chosen = settings.load(), Progress(), phases_of(phases)
    formers = [result.read(against)] if against else result.all_of(folder(meant), progress.say)
    watch = Stopwatch(progress.say)
    try:
        with progress.shown():
            measure(meant, runs, chosen, watch, progress.say)
    finally:
        if figures := {name: values for name, values in watch.figures.items() if values}:
            now = result.measured(figures, meant.project)
            kept = result.keep(now, folder(meant))
            console.print("\n".join([*table.lines(now, formers), f"kept: {kept}"]), soft_wrap=True)
            if json is not None:
                result.write(now, json)


def phases_of(words: str) -> list[str]:
    """Return the phases that a list with commas names, in their order; raises InfraError for one that is none."""
    given = [word.strip() for word in words.split(",") if word.strip()]
    if unknown := [word for word in given if word not in PHASES]:
        raise InfraError(f"no phase {', '.join(unknown)}; there are {', '.join(PHASES)}")
    return [phase for phase in PHASES if phase in given]


def measure(meant: Settings, runs: int, phases: Sequence[str], watch: Stopwatch, say: Say) -> None:
    """Measure the phases so many times, each time on a cluster of its own; the watch has what was measured.

    Nobody else may change the cluster meanwhile; a person's cluster of that name is refused, as the suite refuses it.
    """
    with ownership.held(meant, "cluster bench", say):
        for number in range(1, runs + 1):
            say(f"run {number} of {runs}")
            Run(Site(meant, say), watch).go(phases)


def folder(meant: Settings) -> Path:
    """Return where results are kept, whatever the cluster's name was."""
    return meant.work / "bench"
