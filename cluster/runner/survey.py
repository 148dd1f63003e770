"""The facts of a runner, beyond those of any host, gathered in about a second; nothing is changed."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from cluster import garbage, host, leftovers, ownership
from cluster.host import net, survey
from cluster.host.check import Problem
from cluster.host.engine import State
from cluster.leftovers import Leftovers
from cluster.ownership import known, lock_of
from cluster.settings import Settings, may_be_called

CAPABILITIES = {12: "CAP_NET_ADMIN", 13: "CAP_NET_RAW", 18: "CAP_SYS_CHROOT", 21: "CAP_SYS_ADMIN", 27: "CAP_MKNOD"}
"""What root must be able to do where docker is yet to be started, by the kernel's numbers."""


@dataclass(frozen=True)
class Found:
    """A cluster that is there before the night: whether it runs, whether a run of the suite made it, who holds it."""

    name: str
    runs: bool
    is_suites: bool
    holder: str


@dataclass(frozen=True)
class Facts:
    """A runner at one moment. `behind`: seconds by which its clock is earlier than the newest commit."""

    cores: int
    problems: tuple[Problem, ...]
    is_root: bool
    engine: State
    lacking: tuple[str, ...]
    filesystems: frozenset[str]
    free_subnets: tuple[str, ...]
    clusters: tuple[Found, ...]
    behind: float


def gather(settings: Settings) -> Facts:
    """Return the runner's facts."""
    seen = survey.gather(settings)
    return Facts(
        cores=len(os.sched_getaffinity(0)),
        problems=tuple(host.problems(settings)),
        is_root=seen.root or seen.sudo or survey.sudo_works(),
        engine=seen.engine.state,
        lacking=lacking(Path("/proc/self/status").read_text()),
        filesystems=frozenset(line.split()[-1] for line in Path("/proc/filesystems").read_text().splitlines()),
        free_subnets=tuple(net.free(seen.uses)),
        clusters=tuple(_clusters(settings)) if seen.engine.state is State.ANSWERS else (),
        behind=_commit_time(settings.project) - time.time(),
    )


def lacking(status: str) -> tuple[str, ...]:
    """Return which capabilities root can never have here, by the kernel's word on a process (/proc/<pid>/status)."""
    (line,) = (line for line in status.splitlines() if line.startswith("CapBnd:"))
    bounds = int(line.split()[1], 16)
    return tuple(name for bit, name in CAPABILITIES.items() if not bounds >> bit & 1)


def _clusters(settings: Settings) -> list[Found]:
    names = sorted({*filter(may_be_called, leftovers.clusters()), *garbage.folders(settings)})
    return [_found(known(settings, name)) for name in names]


def _found(cluster: Settings) -> Found:
    runs, suites = Leftovers(cluster).run(), ownership.is_suites(cluster)
    return Found(cluster.name, runs, suites, lock_of(cluster).holder())


def _commit_time(project: Path) -> float:
    """Return when the newest commit was made, in seconds since the epoch; 0 where the project is no git's."""
    command = ["git", "-C", str(project), "log", "-1", "--format=%ct"]
    try:
        return float(subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0.0
