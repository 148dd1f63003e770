"""The containers of the units on one machine: to look at, and to be killed or removed by hand."""

from __future__ import annotations

from cluster.label import LABEL
from cluster.machine import Machine


def containers_on(machine: Machine, named: str = LABEL) -> list[str]:
    """Return the names of the containers there, running or not, that have this in their name."""
    only = f" --filter name={named}" if named else ""
    return machine.run(f"sudo docker ps --all --format '{{{{.Names}}}}'{only}").lines


def main_process(machine: Machine, container: str) -> int:
    """Return the process id of a running container's first process; raises CommandFailed where there is none."""
    return int(machine.run("sudo docker inspect --format '{{.State.Pid}}' %s", container).stdout)


def kill_processes(machine: Machine, *containers: str) -> None:
    """Kill the first process of each container with SIGKILL, at once: none can say or do anything any more.

    Raises CommandFailed where one of them does not run.
    """
    machine.run(f"sudo kill -9 $(sudo docker inspect --format '{{{{.State.Pid}}}}' {' '.join(containers)})")


def remove(machine: Machine, container: str) -> None:
    """Remove a container while it runs, as `docker rm --force` does."""
    machine.run("sudo docker rm --force %s", container)
