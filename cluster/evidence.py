"""What is kept of a failed test: one folder with all that a reader of the failure will ask for."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cluster.cluster import Cluster
from cluster.machine import Machine
from cluster.recorder import Event
from cluster.settings import Settings


def run_folder(settings: Settings, name: str | None = None) -> Path:
    """Return the folder of a run: of one that begins now, where it has no name yet."""
    return settings.work / "evidence" / (name or f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}-{settings.name}")


def folder_of(run: Path, test: str) -> Path:
    """Return the folder of one test of a run: `e2e/test_a.py::test_b[c]` becomes `test_a-test_b-c`."""
    words = test.rpartition("/")[2].replace(".py::", "-")
    return run / re.sub(r"[^A-Za-z0-9_.-]+", "-", words).strip("-")


def by_the_history(cluster: str) -> str:
    """Return what the evidence is called of what a cluster's whole history says, and no test or step was told of."""
    return f"by-the-history-{cluster}"


def collect(cluster: Cluster, folder: Path, failure: str, history: Sequence[Event] = ()) -> Path:
    """Fill the folder and return it; a part that cannot be had is replaced by the reason, and stops no other."""
    folder.mkdir(parents=True, exist_ok=True)
    parts: dict[str, Callable[[], str]] = {
        "failure.txt": lambda: failure,
        "machines.txt": lambda: cluster.trouble_text() or "all machines are healthy",
        "units.txt": lambda: _units(cluster),
        "history.jsonl": lambda: _history(history),
        "etcd.json": lambda: json.dumps([asdict(entry) for entry in cluster.etcd.all().values()], indent=1),
        "elasticsearch.json": lambda: json.dumps(_elasticsearch(cluster), indent=1, default=str),
        "docker.txt": lambda: _docker(cluster),
    }
    for name, part in parts.items():
        (folder / name).write_text(_told(part))
    for journal in cluster.journals().all:
        text = "".join(f"{record}\n" for record in journal.records)
        (folder / f"journal-{journal.machine}.txt").write_text(text)
    with contextlib.suppress(FileNotFoundError):
        shutil.copy(cluster.vagrant.log, folder / "vagrant.log")
    return folder


def _units(cluster: Cluster) -> str:
    commands = ("list-machines --full", "list-unit-files --full", "list-units --full")
    return "\n".join(f"{cluster.fleet.ctl(command, check=False)}\n" for command in commands)


def _elasticsearch(cluster: Cluster) -> dict[str, object]:
    """Return each node's own view of the cluster: where they differ, that is the news."""
    views: dict[str, object] = {}
    for machine in cluster.machines:
        client = cluster.es.client(machine)
        try:
            views[machine.name] = {
                "health": client.cluster.health(local=True),
                "state": client.cluster.state(local=True, metric="master_node,nodes,routing_table,blocks"),
            }
        except Exception as error:
            views[machine.name] = str(error)
    return views


def _docker(cluster: Cluster) -> str:
    """Return the containers of each machine; one that does not answer takes nobody else's away."""
    running = [machine for machine in cluster.machines if machine.is_running]
    return "\n".join(_told(partial(_containers, machine)) for machine in running)


def _containers(machine: Machine) -> str:
    return str(machine.run("sudo docker ps --all", within=20, check=False))


def _history(events: Sequence[Event]) -> str:
    return "\n".join(json.dumps(asdict(event)) for event in events)


def _told(part: Callable[[], str]) -> str:
    try:
        return part() + "\n"
    except Exception as error:
        return f"could not be had: {type(error).__name__}: {error}\n"
