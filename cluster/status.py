"""The command `cluster status`."""

from __future__ import annotations

from typing import Annotated

import typer

from cluster import overview
from cluster.commandline import emit, looking, say
from cluster.faults.store import Held


def status(
    json: Annotated[bool, typer.Option("--json", help="one JSON object, for a script")] = False,
) -> None:
    """Show the machines, the units on them, and the nodes' own word; exit 1 if a machine is not healthy."""
    with looking(quiet=json) as cluster:
        seen = overview.seen(cluster)
        held = Held(cluster.settings).orders()
        trouble = cluster.trouble() if seen.is_up else [f"{cluster.settings.name}: no machine is running"]
    if json:
        emit(seen.to_json() | {"held": [order.to_json() for order in held], "trouble": trouble})
    else:
        for line in overview.lines(seen) if seen.is_up else ():
            say(line)
        for order in held:
            say(f"held: {order}")
        say("\n".join(trouble) or "all machines are healthy")
    if trouble:
        raise typer.Exit(1)
