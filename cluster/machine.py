"""One machine of the cluster, as the operator has it: a name, an address, a shell, a power switch."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from cluster.errors import MachineUnreachable
from cluster.eventually import eventually
from cluster.provider import Provider
from cluster.ssh import CommandResult, Ssh

Result = TypeVar("Result")


@dataclass(frozen=True)
class Machine:
    """core-01 … core-NN."""

    name: str
    address: str
    ssh: Ssh
    provider: Provider

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return self.name

    def run(
        self, command: str, *arguments: str, within: float = 60, check: bool = True, alone: bool = False
    ) -> CommandResult:
        """Run a shell command here as user core; see Ssh.run."""
        __tracebackhide__ = True
        return self.ssh.run(self.name, command, *arguments, within=within, check=check, alone=alone)

    def stream(self, command: str) -> subprocess.Popen[str]:
        """Start a command here that goes on until the caller ends it."""
        return self.ssh.stream(self.name, command)

    @property
    def is_running(self) -> bool:
        """Whether the machine has power and is not frozen."""
        return self.provider.is_running(self.name)

    @property
    def answers(self) -> bool:
        """Whether a command can be run here."""
        try:
            return self.run("true", within=8, check=False, alone=True).ok
        except MachineUnreachable:
            return False

    def kill(self) -> None:
        """Take the machine down hard, and prove that it is down."""
        self.ssh.forget(self.name)
        self.provider.kill(self.name)
        eventually(f"{self.name} is down", lambda: not self.is_running, within=10)

    def halt(self, within: float = 60) -> None:
        """Have the machine switch itself off: its units are stopped, its disks are synced; and prove that it is off."""
        with suppress(MachineUnreachable):  # it may be off before it has said that it will be
            self.run("sudo systemctl poweroff")
        self.ssh.forget(self.name)
        eventually(f"{self.name} is off", lambda: not self.is_running, within=within)

    def start(self, within: float = 60) -> None:
        """Switch the machine on that is off and return when it answers."""
        self.provider.start(self.name)
        eventually(f"{self.name} answers", lambda: self.answers, within=within)

    @property
    def is_frozen(self) -> bool:
        """Whether the machine is kept from running its processes."""
        return self.provider.is_frozen(self.name)

    def freeze(self) -> None:
        """Stop all processes of the machine where they are, and prove that they are."""
        self.ssh.forget(self.name)
        self.provider.freeze(self.name)
        eventually(f"{self.name} is frozen", lambda: self.is_frozen, within=10)

    def thaw(self, within: float = 20) -> None:
        """Let a frozen machine go on and return when it answers."""
        self.provider.thaw(self.name)
        eventually(f"{self.name} answers", lambda: self.answers, within=within)

    def now(self) -> float:
        """Return the machine's own time, in seconds since the epoch: what its journal is stamped with."""
        return float(self.run("date +%s.%N").stdout)

    def runs(self, program: str) -> bool:
        """Whether a process of that name runs here, inside a container or outside."""
        return self.run("pgrep --exact %s", program, check=False).ok


def at_once(act: Callable[[Machine], Result], machines: Sequence[Machine]) -> list[Result]:
    """Do it to all of them at the same time, whatever becomes of each; return the results, or raise the first error."""
    with ThreadPoolExecutor(max(1, len(machines))) as pool:
        done = [pool.submit(act, machine) for machine in machines]
    return [one.result() for one in done]
