"""The commands `cluster runner …`: for the machine that runs the nightly job."""

from __future__ import annotations

import typer

from cluster import settings
from cluster.progress import console
from cluster.runner import check, survey

runner = typer.Typer(help="Look after the machine that runs the nightly job.", no_args_is_help=True)


@runner.command("check")
def check_() -> None:
    """Say everything that would spoil the night, with its cure, and exit 2; nothing is changed."""
    facts = survey.gather(settings.load())
    for problem in check.cured(facts):
        console.print(f"the set-up will cure: {problem.what}", soft_wrap=True)
    found = check.problems(facts)
    if found:
        console.print("\n".join(["the runner is not ready:", *map(str, found)]), soft_wrap=True)
        raise typer.Exit(2)
    free = ", ".join(facts.free_subnets)
    console.print(f"the runner is ready: {facts.cores} cores; free subnets: {free}", soft_wrap=True)


@runner.callback()
def _() -> None:
    pass
