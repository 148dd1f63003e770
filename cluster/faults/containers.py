"""Bad things done to containers."""

from __future__ import annotations

from cluster.eventually import eventually
from cluster.faults.fault import Fault
from cluster.faults.order import Order
from cluster.faults.processes import BACK
from cluster.label import container_of
from cluster.machine import Machine

SHOWN = "{{if .State.Running}}running{{end}} {{.Id}}"
KEPT = "{{if not (or .State.Running .HostConfig.AutoRemove)}}kept{{end}}"
"""Says of a container that it does not run and would stay so: no unit makes a new one in its place."""


class KillContainer(Fault):
    """`docker kill`: SIGKILL for all that runs in the container; healed, a container of that name runs again.

    The one of a unit is made anew by its unit; any other is started by healing. A unit's name means its container.
    """

    def __init__(self, machine: Machine, name: str) -> None:
        self._machine, self._name = machine, container_of(name)
        self.order = Order("kill-container", f"{machine}/{self._name}")
        self._killed = ""

    def unavailable(self) -> str | None:
        """Whether it does not run."""
        return None if self._running() else f"no container {self._name} runs on {self._machine}"

    def inject(self) -> None:
        """Kill it."""
        self._killed = self._running()
        self._machine.run("sudo docker kill %s", self._name)

    def bites(self) -> None:
        """See that it does not run: another one may, already."""
        assert self._killed, f"{self._name} did not run"
        eventually(f"{self._name} is killed", lambda: self._running() != self._killed, within=10)

    def heal(self) -> None:
        """Start it, where it would stay as it is."""
        if self._inspected(KEPT) == "kept":
            self._machine.run("sudo docker start %s", self._name)

    def healed(self) -> None:
        """Wait until one of its name runs."""
        eventually(f"{self._name} runs again", self._running, within=BACK)

    def _running(self) -> str:
        """Return the id of the running container of that name; empty where none runs."""
        state, _, identity = self._inspected(SHOWN).partition(" ")
        return identity if state == "running" else ""

    def _inspected(self, form: str) -> str:
        said = self._machine.run("sudo docker container inspect --format %s %s", form, self._name, check=False)
        return said.stdout.strip()
