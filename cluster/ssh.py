"""Commands on a machine: the system's OpenSSH, one process a command."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cluster.errors import CommandFailed, MachineUnreachable
from cluster.sshmaster import Masters

BATCH = ("-o", "BatchMode=yes", "-T")
"""The options of an ssh that asks nobody anything and wants no terminal."""

TRANSPORT = 255
"""The status of ssh itself when it could not reach the machine or lost it."""


@dataclass(frozen=True)
class CommandResult:
    """What one command on one machine did."""

    machine: str
    command: str
    status: int
    stdout: str
    stderr: str
    took: float = 0.0
    """Seconds, ssh's own included."""

    @property
    def ok(self) -> bool:
        """Whether the command ended with status 0."""
        return self.status == 0

    @property
    def lines(self) -> list[str]:
        """The lines of its standard output."""
        return self.stdout.splitlines()

    def __str__(self) -> str:
        parts = [f"{self.machine}$ {self.command}", f"status {self.status}"]
        parts += [f"{name}: {text.rstrip()}" for name, text in (("out", self.stdout), ("err", self.stderr)) if text]
        return "\n".join(parts)


@dataclass(frozen=True)
class Ssh:
    """The way to the machines of one cluster."""

    config: Path
    """What `vagrant ssh-config` printed."""
    agent: str | None = None
    """The socket of an ssh-agent that is forwarded to the machine, as an operator's is."""
    executable: str = "ssh"
    masters: Masters | None = None
    """Connections that stay, for who runs many commands."""

    def arguments(self, machine: str, command: str | None = None) -> list[str]:
        """Return ssh's command line for a machine; without a command, for a shell on it."""
        if command is None:
            return [*self._login, machine]
        return [*self._login, *BATCH, machine, "--", command]

    @property
    def _login(self) -> list[str]:
        """ssh's command line but for where to and what for."""
        options = ["-F", str(self.config), "-o", "ConnectTimeout=5"]
        options += ["-o", "ServerAliveInterval=3", "-o", "ServerAliveCountMax=2"]
        return [self.executable, *options, *(["-A"] if self.agent is not None else [])]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of ssh itself, with the agent."""
        return os.environ | ({} if self.agent is None else {"SSH_AUTH_SOCK": self.agent})

    def run(
        self,
        machine: str,
        command: str,
        *arguments: str,
        within: float = 60,
        check: bool = True,
        stdin: IO[bytes] | None = None,
        alone: bool = False,
    ) -> CommandResult:
        """Run a shell command on a machine and return what it did.

        `arguments` replace the `%s` of the command, quoted: `run("core-01", "cat %s", "a file")`.
        Raises CommandFailed when the status is not 0 and `check` is set; MachineUnreachable when ssh failed,
        or when the command did not end `within` seconds. Who is likely to give up early comes `alone`, by a login of
        its own: an ssh that is ended before its session has begun takes the shared connection along.
        """
        __tracebackhide__ = True
        line, began = quoted(command, *arguments), time.monotonic()
        shared: list[str] = []
        if self.masters and not alone:
            shared = self.masters.options(machine, [*self._login, *BATCH], self.environment)
        try:
            done = subprocess.run(
                [*self._login, *BATCH, *shared, machine, "--", line],
                cwd=self.masters.folder if shared and self.masters else None,
                stdin=stdin or subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=within,
                env=self.environment,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise MachineUnreachable(f"{machine}$ {line}\nno end after {within:g} s") from None
        took = time.monotonic() - began
        result = CommandResult(machine, line, done.returncode, done.stdout, done.stderr, took)
        if result.status == TRANSPORT:
            raise MachineUnreachable(str(result))
        if check and not result.ok:
            raise CommandFailed(str(result))
        return result

    def forget(self, machine: str) -> None:
        """End the connection to a machine that is about to answer no more: the next command makes its own way."""
        if self.masters:
            self.masters.forget(machine)

    def close(self) -> None:
        """End all connections that stay."""
        if self.masters:
            self.masters.close()

    def stream(self, machine: str, command: str) -> subprocess.Popen[str]:
        """Start a command that goes on until it is ended, such as `fleetctl journal -f`; the caller ends it."""
        return subprocess.Popen(
            self.arguments(machine, command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=self.environment,
        )


def quoted(command: str, *arguments: str) -> str:
    """Return the command with its `%s` replaced by the arguments, each one shell word whatever it contains."""
    return command % tuple(shlex.quote(argument) for argument in arguments) if arguments else command
