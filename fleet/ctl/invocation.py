"""One call of fleetctl: command, arguments, flags, and the API it talks to."""

import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from fleet.ctl import commands
from fleet.ctl.errors import CommandError
from fleet.ctl.flags import Flags

if TYPE_CHECKING:
    from fleet.ctl.client import Client
    from fleet.ctl.machines import Machines


class Invocation:
    """What the command line and the environment ask for."""

    def __init__(self, words: list[str], environment: Mapping[str, str]) -> None:
        """Reads the words after `fleetctl`; raises UsageError."""
        self.flags = Flags(commands.GLOBAL_FLAGS)
        self.environment = environment
        self.arguments: list[str] = []
        self.command: commands.Command | None = None
        self._endings: list[Callable[[], None]] = []
        self._read(list(words))
        self.flags.read(environment, "FLEETCTL_", commands.GLOBAL_FLAGS)

    def _read(self, words: list[str]) -> None:
        while words:
            word = words.pop(0)
            if word == "--":
                self._take(words)
                return
            if len(word) > 1 and word.startswith("-"):
                self.flags.take(word, words)
            elif self.command is None:
                self.command = commands.find(word)
                self.flags.add(self.command.flags)
            else:
                self.arguments.append(word)
                if self._rest_is_verbatim():
                    self._take(words)
                    return

    def _take(self, words: list[str]) -> None:
        if self.command is None and words:
            self.command = commands.find(words[0])
            self.flags.add(self.command.flags)
            words = words[1:]
        self.arguments.extend(words)

    def _rest_is_verbatim(self) -> bool:
        """Whether `ssh` has its target, by an argument or a flag, and the first word of the remote command."""
        if self.command is None or self.command.verbatim_from is None:
            return False
        by_flag = self.flags.given("machine") or self.flags.given("unit")
        return len(self.arguments) + by_flag >= self.command.verbatim_from

    def only(self, what: str) -> str:
        """The one argument; raises CommandError where there is none, or more."""
        if len(self.arguments) != 1:
            raise CommandError(f"Exactly one {what} must be given")
        return self.arguments[0]

    @cached_property
    def api(self) -> "Client":
        """The API at the endpoint; raises CommandError if there can be none."""
        from fleet.ctl.client import Client
        from fleet.ctl.connecting import connection

        try:
            return Client(connection(self))
        except ValueError as problem:
            raise CommandError(f"Unable to initialize client: {problem}") from problem

    @cached_property
    def machines(self) -> "Machines":
        """The machines of the cluster, and what to call them."""
        from fleet.ctl.machines import Machines

        return Machines(self.api)

    def at_end(self, ending: Callable[[], None]) -> None:
        """What is to be done when the call is over."""
        self._endings.append(ending)

    def close(self) -> None:
        """End the conversation with the API, if there was one, and what carried it."""
        if "api" in self.__dict__:
            self.api.close()
        for ending in self._endings:
            ending()

    def say(self, line: str) -> None:
        """A line on stdout, at once: scripts read along while a command waits."""
        print(line, flush=True)

    def debug(self, line: str) -> None:
        """A line on stderr for who looks for a fault, with `--debug`."""
        if self.flags.truth("debug"):
            self.warn(f"DEBUG {line}")

    def warn(self, line: str) -> None:
        """A line on stderr."""
        print(line, file=sys.stderr, flush=True)
