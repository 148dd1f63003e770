"""Everything that a run may leave on the host, in words; nothing, when it has left nothing."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import psutil

from cluster import hostlock, vagranthome
from cluster.dockercli import docker
from cluster.settings import Settings
from cluster.slots import name_of


def remains(base: Settings, workers: int, temporary: Path, before: Collection[str] = ()) -> list[str]:
    """Return what is there of the clusters of a run and in its temporary folder; but no lock that was stale before."""
    found = [f"file {path}" for path in temporary.iterdir() if not path.is_symlink()]
    found += [lock for lock in stale_locks(base) if lock not in before]
    for number in range(1, max(workers, 1) + 1):
        settings = replace(base, name=name_of(base, number))
        found += [*_docker(settings), *_processes(settings), *_files(settings)]
    return found


def reapers(settings: Settings) -> list[psutil.Process]:
    """Return the processes that shall remove the cluster when its maker is gone."""
    return [process for process in _of(settings) if "cluster.reaper" in process.cmdline()]


def _docker(settings: Settings) -> Iterator[str]:
    for kind, words in (("container", ("ps", "--all")), ("network", ("network", "ls")), ("volume", ("volume", "ls"))):
        for name in docker(*words, "--quiet", "--filter", f"label={settings.label}").split():
            yield f"{kind} {name} of {settings.name}"


def _processes(settings: Settings) -> Iterator[str]:
    for process in _of(settings):
        with contextlib.suppress(psutil.Error):
            yield f"process {process.pid} of {settings.name}: {' '.join(process.cmdline())[:200]}"


def _of(settings: Settings) -> Iterator[psutil.Process]:
    """Give each process that was started for the cluster: on the host and, as machines are containers, on those."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("CLUSTER_NAME") == settings.name and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def stale_locks(settings: Settings) -> Iterator[str]:
    """Give each lock that a process of this project took which is no more."""
    for path in hostlock.folder().glob("*.lock"):
        with contextlib.suppress(FileNotFoundError):
            holder = re.search(rf"process (\d+), {re.escape(str(settings.project))}\)", path.read_text())
            if holder is not None and not psutil.pid_exists(int(holder[1])):
                yield f"lock {path}: {path.read_text()}"


def _files(settings: Settings) -> Iterator[str]:
    data = vagranthome.home() / "data"
    leases = [data / "fp-leases" / f"127_0_0_1_{settings.ssh_port(machine)}" for machine in settings.machine_names]
    for path in (settings.folder, hostlock.path_of(settings.name), *leases):
        if path.exists():
            yield f"file {path}"
    try:
        known = json.loads((data / "machine-index" / "index").read_text())["machines"]
    except FileNotFoundError:
        return
    except ValueError:  # another vagrant is writing it
        yield "Vagrant's list of machines cannot be read"
        return
    for machine in known.values():
        if Path(machine["local_data_path"]) == settings.dotfiles:
            yield f"Vagrant's machine {machine['name']} of {settings.name}"
