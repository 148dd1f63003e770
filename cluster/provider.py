"""What only the provider of the machines can do: cut a machine's power or freeze it, and undo both."""

from __future__ import annotations

from http.client import HTTPException
from typing import Protocol

from cluster import vagranthome
from cluster.dockercli import DockerError, docker
from cluster.errors import InfraError
from cluster.host.engine import container_state
from cluster.settings import Settings
from cluster.sshconfig import Host

SSH_PORT = '{{(index (index .NetworkSettings.Ports "22/tcp") 0).HostPort}}'
"""What docker is asked for: where Vagrant has put a machine's ssh port, on the host's loopback address."""


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

    def ssh_hosts(self) -> list[Host]:
        """Return how to reach each machine, as `vagrant ssh-config` says: that asks docker the same, in 2 s."""
        names = self._settings.machine_names
        try:
            ports = docker("container", "inspect", "--format", SSH_PORT, *map(self._settings.container, names)).split()
        except DockerError as error:
            raise InfraError(str(error)) from error
        key = vagranthome.home() / "insecure_private_key"
        return [Host(name, "127.0.0.1", int(port), "core", str(key)) for name, port in zip(names, ports, strict=True)]

    def _status(self, machine: str) -> str | None:
        try:
            return container_state(self._settings.container(machine))
        except (OSError, HTTPException) as error:
            raise InfraError(f"the state of {machine} is not known: {error}") from error

    def _do(self, verb: str, machine: str) -> None:
        try:
            docker(verb, self._settings.container(machine))
        except DockerError as error:
            raise InfraError(str(error)) from error
