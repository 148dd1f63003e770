"""The command `cluster replay`: a schedule that was run before, again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cluster import eventually, settings
from cluster.chaos import schedule, told
from cluster.chaos.command import Factor, Keep, KeepGoing, Reuse
from cluster.chaos.performance import Wishes, performed
from cluster.chaos.schedule import Schedule
from cluster.errors import InfraError
from cluster.progress import console
from cluster.settings import Settings


def replay(
    file: Annotated[Path, typer.Argument(help="a schedule, or the folder of the run that has one")],
    steps: Annotated[str, typer.Option(help="only these: 3, or 1-3,5")] = "",
    hold_at: Annotated[
        int | None, typer.Option(help="keep this step's faults in force until you press Enter; only it is run")
    ] = None,
    keep_going: KeepGoing = False,
    keep: Keep = False,
    reuse: Reuse = False,
    factor: Factor = 1.0,
) -> None:
    """Run the same steps again, each fault at the same moment of its step's load.

    What they meet is not the same: no timing of processes, network and disks is. A fault that found a bug once may need
    several replays to find it again. Exit status as `cluster chaos`.
    """
    meant = settings.load()
    chosen = wanted(schedule.read(file), steps, hold_at, meant)
    console.print("\n".join(told.plan(chosen)), soft_wrap=True)
    console.print("the steps are the same; the timing of what they meet is not")
    eventually.scale(factor)
    good = performed(meant, chosen, Wishes("a chaos replay", keep_going, keep, reuse, hold_at=hold_at))
    raise typer.Exit(0 if good else 1)


def wanted(read: Schedule, steps: str, hold_at: int | None, meant: Settings) -> Schedule:
    """Return the steps that are wanted; raises InfraError where the schedule does not fit them or the cluster."""
    if read.machines > meant.machines:
        raise InfraError(f"the schedule is for {read.machines} machines; CLUSTER_MACHINES is {meant.machines}")
    if steps:
        read = read.only(numbers(steps))
    elif hold_at is not None:
        read = read.only([hold_at])
    if hold_at is not None:
        read.only([hold_at])
    return read


def numbers(words: str) -> list[int]:
    """Return the numbers of `1-3,5`; raises InfraError for anything else."""
    found: list[int] = []
    for word in words.split(","):
        first, dash, last = word.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise InfraError(f"--steps {words}: wanted are numbers and ranges with commas, such as 1-3,5")
        found += range(int(first), int(last or first) + 1)
    return found
