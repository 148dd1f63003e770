"""What the commands of the command line share: the cluster that is meant, whose it is now, and what a person types."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cluster import ownership, settings
from cluster.cluster import Cluster
from cluster.errors import InfraError
from cluster.machine import Machine
from cluster.progress import Progress, console
from cluster.say import silent

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
"""What a duration may end with, in seconds."""


@contextmanager
def looking(quiet: bool = False) -> Iterator[Cluster]:
    """Give the cluster that is meant, to look at; quiet for a script, which wants nothing on the screen but JSON."""
    progress = Progress()
    cluster = Cluster(settings.load(), silent if quiet else progress.say)
    try:
        if quiet:
            yield cluster
        else:
            with progress.shown():
                yield cluster
    finally:
        cluster.disconnect()


@contextmanager
def owned(by: str, quiet: bool = False) -> Iterator[Cluster]:
    """Give the cluster that is meant, to change: nobody else may meanwhile."""
    with looking(quiet) as cluster, ownership.held(cluster.settings, by, cluster.say):
        yield cluster


def again(command: str) -> str:
    """Return a command of this program as it is typed for this very cluster."""
    return settings.again(f"./toxw -e cluster -- {command}")


def need_all(cluster: Cluster) -> None:
    """Raise InfraError unless every machine is on."""
    if not cluster.all_running():
        raise InfraError(f"not every machine of {cluster.settings.name} is running; start them: {again('up')}")


def need_some(cluster: Cluster) -> None:
    """Raise InfraError where there is no machine at all."""
    names = cluster.settings.machine_names
    if not any(cluster.provider.is_running(name) or cluster.provider.is_frozen(name) for name in names):
        raise InfraError(f"no machine of {cluster.settings.name} is running; start them: {again('up')}")


def machine_of(cluster: Cluster, name: str) -> Machine:
    """Return the machine of that name; raises InfraError."""
    check_machine(cluster.settings, name)
    return next(machine for machine in cluster.machines if machine.name == name)


def check_machine(meant: settings.Settings, name: str) -> str:
    """Return the name of a machine; raises InfraError where there is none of that name."""
    if name not in meant.machine_names:
        raise InfraError(f"no machine {name}; there are {', '.join(meant.machine_names)}")
    return name


def seconds(text: str) -> float:
    """Return how long `30s`, `5m`, `1.5h` or a plain number of seconds is; raises InfraError for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?", text.strip())
    if found is None:
        raise InfraError(f"{text!r} is no duration, such as 30s, 5m or 1h")
    return float(found[1]) * UNITS[found[2] or "s"]


def emit(value: Mapping[str, Any]) -> None:
    """Print one JSON object on a line of its own, for a script."""
    print(json.dumps(value), flush=True)


def say(line: str) -> None:
    """Print a line for a person, as it is."""
    console.print(line, soft_wrap=True)
