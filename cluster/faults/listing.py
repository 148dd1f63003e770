"""The kinds of faults, for a person or a script: what each is, and whether the cluster that is meant can have it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cluster import commandline
from cluster.cluster import Cluster
from cluster.errors import CommandFailed, InfraError
from cluster.faults.kinds import Kind, kinds, make
from cluster.faults.order import Order, word
from cluster.faults.targets import Shape

OFF = "not known: no machine is running"


def show(json: bool) -> None:
    """Print every kind, with its targets and options, and whether it can be had on this cluster."""
    with commandline.looking(quiet=True) as cluster:
        names = cluster.settings.machine_names
        is_on = any(cluster.provider.is_running(name) for name in names)
        for kind in kinds().values():
            entry = described(kind) | {"unavailable": availability(cluster, kind) if is_on else OFF}
            if json:
                commandline.emit(entry)
            else:
                for line in text(entry):
                    commandline.say(line)


def described(kind: Kind) -> dict[str, Any]:
    """Return a kind as data."""
    options = {
        name: {"default": option.default, "choices": list(option.choices), "closed": option.closed, "help": option.help}
        for name, option in kind.options.items()
    }
    return {
        "kind": kind.name,
        "description": kind.description,
        "target": kind.targets.written,
        "options": options,
        "drawn": kind.is_drawn,
    }


def availability(cluster: Cluster, kind: Kind) -> str | None:
    """Return why a kind cannot be had, asked of its first target here that runs; None where it can."""
    running = tuple(name for name in cluster.settings.machine_names if cluster.provider.is_running(name))
    target = kind.targets.first(Shape(running, running[:1], Shape.of(cluster.settings).units))
    if target is None:
        return None
    try:
        return make(cluster, Order(kind.name, target)).unavailable()
    except (InfraError, CommandFailed) as error:
        return str(error)


def text(entry: dict[str, Any]) -> Iterator[str]:
    """Give the lines of one kind."""
    yield f"{entry['kind']} {entry['target']}"
    yield f"    {entry['description']}"
    for name, option in entry["options"].items():
        others = "|".join(map(word, option["choices"])) + ("" if option["closed"] else "|…")
        yield f"    -o {name}={others}: {option['help']}"
    if entry["unavailable"]:
        yield f"    unavailable: {entry['unavailable']}"
