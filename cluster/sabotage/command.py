"""The command `cluster sabotage`, which is what `tox -e sabotage` runs."""

from __future__ import annotations

from typing import Annotated

import typer

from cluster import ending, eventually, settings
from cluster.progress import console, tell
from cluster.sabotage import table, units
from cluster.sabotage.catalogue import CATALOGUE
from cluster.sabotage.runner import outcomes
from cluster.sabotage.sabotage import Sabotage
from cluster.sabotage.stage import Stage


def sabotage(
    only: Annotated[list[str] | None, typer.Option("--only", metavar="NAME", help="this one; may be repeated")] = None,
    listed: Annotated[bool, typer.Option("--list", help="show the sabotages; run nothing")] = False,
    reuse: Annotated[
        bool,
        typer.Option(
            "--reuse", help="take the running cluster of this name, and keep it; its units and their data are removed"
        ),
    ] = False,
    factor: Annotated[
        float, typer.Option("--cluster-timeout-factor", help="multiply every wait's limit, for a slow host")
    ] = 1.0,
) -> None:
    """Break each promise on a real cluster, and see that exactly its test turns red, for the stated reason.

    Exit 0 if all did, 1 if one did not, 2 for a host or settings that cannot be used.
    """
    wanted = chosen(only or [])
    if listed:
        console.print("\n".join(table.catalogue(wanted)), soft_wrap=True)
        return
    check_edits(wanted)
    eventually.scale(factor)
    stage, done = Stage(settings.load(), lambda line: tell(f"  {line}")), []
    try:
        with ending.orderly(), stage.up(reuse):
            for outcome in outcomes(stage, wanted, factor):
                done.append(outcome)
                tell("\n".join(table.row(outcome)))
    finally:
        tell(table.summary(done))
    raise typer.Exit(0 if all(outcome.is_good for outcome in done) else 1)


def chosen(only: list[str]) -> list[Sabotage]:
    """Return the sabotages of these names, in the catalogue's order; no name means all."""
    if unknown := sorted(set(only) - {sabotage.name for sabotage in CATALOGUE}):
        raise typer.BadParameter(f"no such sabotage: {', '.join(unknown)}; see --list")
    return [sabotage for sabotage in CATALOGUE if not only or sabotage.name in only]


def check_edits(sabotages: list[Sabotage]) -> None:
    """Raise EditDoesNotFit before the cluster is booted, not half an hour later."""
    texts = units.texts(settings.PROJECT)
    for each in sabotages:
        units.edited(texts, each.edits)
