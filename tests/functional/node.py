"""One of the three machines: its shell, its systemd, its fleetd and the API of that."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cluster.errors import CommandFailed
from cluster.machine import Machine
from cluster.ssh import CommandResult

UNITS = "/run/fleet/units"
SOCKET = "/var/run/fleet.sock"
TCP = "127.0.0.1:49153"
"""Where the loopback drop-in of the suite has the API, beside the socket."""


@dataclass(frozen=True)
class Reply:
    """What the API answered."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        """The code and the message of an error's entity, which must be one."""
        assert set(self.json) == {"error"}, self.body
        return self.json["error"]["code"], self.json["error"]["message"]


@dataclass(frozen=True)
class Node:
    """n1, n2 or n3."""

    machine: Machine
    id: str
    metadata: dict[str, str] = field(hash=False)

    def __str__(self) -> str:
        return self.machine.name

    @property
    def ip(self) -> str:
        """Its address."""
        return self.machine.address

    @property
    def place(self) -> str:
        """How tables show that a unit is here."""
        return f"{self.id[:8]}.../{self.ip}"

    @cached_property
    def here(self) -> str:
        """How a line begins that says on which machine a unit is."""
        return f"on {self.place}"

    def run(self, command: str, *arguments: str, within: float = 30, check: bool = True) -> CommandResult:
        """Run a shell command here as user core; see Ssh.run."""
        __tracebackhide__ = True
        return self.machine.run(command, *arguments, within=within, check=check)

    def api(
        self, method: str, path: str, body: Any = None, *, kind: str | None = "application/json", within: float = 10
    ) -> Reply:
        """Ask this machine's fleetd; a body that is text is sent as it is, another as JSON, `kind` is its type."""
        command = f"curl -s -i -g -X {method} --unix-socket {SOCKET} --max-time {within:g}"
        words = []
        if body is not None:
            command += " --data-binary %s -H %s"
            words = [
                body if isinstance(body, str) else json.dumps(body),
                f"Content-Type: {kind}" if kind else "Content-Type:",
            ]
        done = self.run(f"{command} %s", *words, f"http://fleet{path}", within=within + 10, check=False)
        if not done.ok:
            raise CommandFailed(f"no answer: {done}")
        head, _, text = done.stdout.replace("\r\n", "\n").partition("\n\n")
        status, *lines = head.splitlines()
        headers = dict(line.split(": ", 1) for line in lines)
        return Reply(int(status.split()[1]), {key.lower(): value for key, value in headers.items()}, text)

    def show(self, unit: str, *properties: str) -> list[str]:
        """Return what systemd says of a unit, in the order of the properties."""
        said = self.run(f"systemctl show -p {','.join(properties)} %s", unit).lines
        values = dict(line.split("=", 1) for line in said)
        return [values[one] for one in properties]

    def active(self, unit: str) -> str:
        """Return systemd's own ActiveState of a unit."""
        return self.show(unit, "ActiveState")[0]

    def pid(self, unit: str) -> int:
        """Return the unit's main process here, 0 for none."""
        return int(self.show(unit, "MainPID")[0])

    def files(self) -> set[str]:
        """Return the names of fleet's unit files here."""
        return set(self.run(f"ls {UNITS} 2>/dev/null", check=False).stdout.split())

    def journal(self, unit: str, since: str = "-1h") -> str:
        """Return what a unit of this machine said: its journal without the stamps."""
        return self.run(f"sudo journalctl --output cat --since '{since}' --unit {unit}").stdout

    def processes(self, text: str) -> int:
        """Return how many processes here have such a command line."""
        return len(self.run("pgrep --full -- %s", text, check=False).lines)
