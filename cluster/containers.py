"""The containers of the units on one machine: to look at, and to be killed or removed by hand."""

from __future__ import annotations

import shlex

from cluster.label import LABEL
from cluster.machine import Machine

STARTED = ("running", "restarting", "paused", "removing", "exited", "dead")
"""Docker's words for a container that was started once."""


def containers_on(machine: Machine, named: str = LABEL) -> list[str]:
    """Return the names of the containers there, running or not, that have this in their name.

    One whose `docker run` was killed after docker had made it, and before it was started, is none: it never ran, and
    the unit's next start removes it.
    """
    only = "".join(f" --filter status={status}" for status in STARTED)
    only += f" --filter name={named}" if named else ""
    return machine.run(f"sudo docker ps --all --format '{{{{.Names}}}}'{only}").lines


def main_process(machine: Machine, container: str) -> int:
    """Return the process id of what a running container runs; raises CommandFailed where it does not run.

    Its first process is an init that hands signals on: what it runs is the init's child.
    """
    return int(machine.run(f"{_inits(container)} && pgrep -P $1").stdout)


def kill_processes(machine: Machine, *containers: str) -> None:
    """Kill what each container runs with SIGKILL, at once: none can say or do anything any more.

    Raises CommandFailed where one of them does not run.
    """
    machine.run(f"{_inits(*containers)} && sudo pkill -9 -P $(echo $* | tr ' ' ,)")


def remove(machine: Machine, container: str) -> None:
    """Remove a container while it runs, as `docker rm --force` does."""
    machine.run("sudo docker rm --force %s", container)


def _inits(*containers: str) -> str:
    """Return shell commands that make $1, $2, … the first processes of these containers; they fail if one has none."""
    running = "{{if .State.Running}}{{.State.Pid}}{{end}}"
    return f"set -- $(sudo docker inspect --format '{running}' {shlex.join(containers)}) && [ $# = {len(containers)} ]"
