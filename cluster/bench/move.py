"""When fleet noticed that a machine was lost, and when its unit was active elsewhere: read from the history of etcd."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from cluster.cluster import REGISTRY
from cluster.recorder import Event

MACHINES, STATES = f"{REGISTRY}machines/", f"{REGISTRY}states/"


@dataclass(frozen=True)
class Move:
    """A unit became active on a machine (fleet's id of it), seconds since the epoch."""

    at: float
    machine: str


def noticed(events: Iterable[Event], machine: str) -> float | None:
    """Return when a machine's entry went, None as long as it is there: with it go all that fleet knows of it."""
    gone = (event.at for event in events if event.change.key == MACHINES + machine and event.change.value is None)
    return next(gone, None)


def moved(events: Iterable[Event], unit: str, lost: str) -> Move | None:
    """Return where else, and when, a unit became active first; None as long as it did not."""
    for event in events:
        key, value = event.change.key, event.change.value
        machine = key.removeprefix(f"{STATES}{unit}/")
        if machine in (key, lost) or value is None:
            continue
        if json.loads(value).get("active") == "active":
            return Move(event.at, machine)
    return None
