"""A machine for fast tests: it remembers what it was told, and answers as it was told to."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from cluster.errors import CommandFailed, MachineUnreachable
from cluster.machine import Machine
from cluster.ssh import CommandResult, quoted

Answer = str | int | Callable[[str], str | int]


@dataclass(eq=False)
class Told:
    """A machine that remembers what it was told, and answers by the first pattern that its command matches.

    An answer is what it prints, or the status with which the command fails; a function gets the command.
    """

    name: str = "core-01"
    answers: dict[str, Answer] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    is_running: bool = True
    is_frozen: bool = False

    @property
    def address(self) -> str:
        return f"192.168.57.1{self.name[-2:]}"

    def run(self, command: str, *arguments: str, within: float = 60, check: bool = True) -> CommandResult:
        if not self.is_running:
            raise MachineUnreachable(self.name)
        line = quoted(command, *arguments)
        self.commands.append(line)
        answer: Answer = next((answer for sign, answer in self.answers.items() if re.search(sign, line)), "")
        said = answer(line) if callable(answer) else answer
        failed, out = (said, "") if isinstance(said, int) else (0, said)
        if check and failed:
            raise CommandFailed(line)
        return CommandResult(self.name, line, failed, out, out if failed else "")

    def told(self, sign: str) -> list[str]:
        return [line for line in self.commands if re.search(sign, line)]

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


def machine(told: Told) -> Machine:
    return cast(Machine, told)
