"""The command `cluster chaos`, which is what `tox -e chaos` runs."""

from __future__ import annotations

import random
from typing import Annotated

import typer

from cluster import eventually, settings
from cluster.chaos import drawing, told
from cluster.chaos.performance import Wishes, performed
from cluster.chaos.schedule import Schedule
from cluster.faults import Shape
from cluster.progress import console
from cluster.settings import Settings

Factor = Annotated[float, typer.Option("--cluster-timeout-factor", help="multiply every wait's limit, for a slow host")]
KeepGoing = Annotated[
    bool, typer.Option("--keep-going", help="go on after a red step, on a cluster that is made anew where it must be")
]
Keep = Annotated[bool, typer.Option("--keep", help="leave the cluster to you at the end")]
Reuse = Annotated[bool, typer.Option("--reuse", help="take the running cluster of this name, and keep it")]


def chaos(
    seed: Annotated[int | None, typer.Option(min=0, help="what the faults are drawn from; any, if not given")] = None,
    minutes: Annotated[float, typer.Option(min=0.1, help="no step begins after so long")] = 30,
    kinds: Annotated[str, typer.Option(help="only these kinds of faults, with commas; all, if not given")] = "",
    together: Annotated[int, typer.Option(min=1, help="how many faults of a step may overlap")] = 1,
    planned: Annotated[bool, typer.Option("--plan", help="show the schedule; run nothing")] = False,
    keep_going: KeepGoing = False,
    keep: Keep = False,
    reuse: Reuse = False,
    factor: Factor = 1.0,
) -> None:
    """Break a cluster at random while it is written to, step by step: heal, wait, judge everything, next.

    The same seed makes the same schedule; the timing of what it meets is not the same. Exit 0 if something was tried
    and all was survived, 1 if not, 2 for a host or settings that cannot be used.
    """
    meant = settings.load()
    schedule = scheduled(meant, random.randrange(10**8) if seed is None else seed, minutes, kinds, together)
    console.print("\n".join(told.plan(schedule)), soft_wrap=True)
    if planned:
        return
    eventually.scale(factor)
    good = performed(meant, schedule, Wishes("a chaos campaign", keep_going, keep, reuse, minutes * 60))
    raise typer.Exit(0 if good else 1)


def scheduled(meant: Settings, seed: int, minutes: float, kinds: str, together: int) -> Schedule:
    """Return the schedule of a seed for the cluster that is meant; raises BadOrder for a kind that is none."""
    chosen = [word.strip() for word in kinds.split(",") if word.strip()]
    return drawing.draw(seed, minutes, Shape.of(meant), chosen, together)
