"""What only the provider of the machines can do: cut a machine's power or freeze it, and undo both."""

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

    def freeze(self, machine: str) -> None:
        """Keep all of a machine's processes from running; nothing on it is asked or told."""

    def thaw(self, machine: str) -> None:
        """Let the processes of a frozen machine go on."""

    def is_running(self, machine: str) -> bool:
        """Whether the machine has power and is not frozen."""

    def is_frozen(self, machine: str) -> bool:
        """Whether the machine is frozen."""


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

    def freeze(self, machine: str) -> None:
        """Pause the machine's container: the kernel runs none of its processes, and keeps their connections."""
        self._do("pause", machine)

    def thaw(self, machine: str) -> None:
        """Let the machine's container go on."""
        self._do("unpause", machine)

    def is_running(self, machine: str) -> bool:
        """Whether the machine's container runs and is not paused; False also for one that does not exist."""
        return self._status(machine) == "running"

    def is_frozen(self, machine: str) -> bool:
        """Whether the machine's container is paused."""
        return self._status(machine) == "paused"

    def _status(self, machine: str) -> str | None:
        try:
            return docker("container", "inspect", "--format", "{{.State.Status}}", self._settings.container(machine))
        except DockerError as error:
            if "No such container" in str(error):
                return None
            raise InfraError(str(error)) from error

    def _do(self, verb: str, machine: str) -> None:
        try:
            docker(verb, self._settings.container(machine))
        except DockerError as error:
            raise InfraError(str(error)) from error
