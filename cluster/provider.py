"""What only the provider of the machines can do: cut a machine's power, and give it back."""

from __future__ import annotations

from typing import Protocol

from cluster.dockercli import DockerError, docker
from cluster.errors import InfraError
from cluster.settings import Settings


class Provider(Protocol):
    """The power switch of each machine."""

    def kill(self, machine: str) -> None:
        """Take the machine down hard: nothing on it is asked or told."""

    def start(self, machine: str) -> None:
        """Switch a machine on that was killed; its disk is as it was. Does not wait until it has booted."""

    def is_running(self, machine: str) -> bool:
        """Whether the machine has power."""


class DockerProvider:
    """Machines that are containers: the kill is SIGKILL for all of its processes at once.

    (It kills the processes, not the page cache: what was written and not yet synced is still there afterwards.)
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def kill(self, machine: str) -> None:
        """Kill the machine's container."""
        self._do("kill", machine)

    def start(self, machine: str) -> None:
        """Start the machine's container again."""
        self._do("start", machine)

    def is_running(self, machine: str) -> bool:
        """Whether the machine's container runs; False also for one that does not exist."""
        try:
            state = docker("container", "inspect", "--format", "{{.State.Running}}", self._settings.container(machine))
        except DockerError as error:
            if "No such container" in str(error):
                return False
            raise InfraError(str(error)) from error
        return state == "true"

    def _do(self, verb: str, machine: str) -> None:
        try:
            docker(verb, self._settings.container(machine))
        except DockerError as error:
            raise InfraError(str(error)) from error
