"""Takes the steps of a plan on a machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from cloudconfig import accounts, keys, lines, users
from cloudconfig.actions import (
    Action,
    AuthorizeKeys,
    Command,
    Enable,
    EnsureUser,
    Mask,
    MergeLines,
    Reload,
    SetHostname,
    Unmask,
    WriteFile,
    WriteHosts,
)
from cloudconfig.config import File, User
from cloudconfig.system import System

Say = Callable[[str], None]


class Failed(Exception):
    """A step could not be taken; the steps before it stand."""


class Applier:
    """Takes steps one after the other.

    With `no_block` the commands are queued and not waited for: a unit that itself runs during boot must not wait for
    jobs that systemd may have ordered after it.
    """

    def __init__(self, system: System, say: Say, *, no_block: bool = False) -> None:
        """Take the machine, and where to report to."""
        self._system = system
        self._say = say
        self._no_block = no_block

    def apply(self, actions: Sequence[Action]) -> None:
        """Take all steps in order; raise Failed at the first that cannot be taken."""
        for is_command, group in groupby(actions, lambda action: isinstance(action, Command)):
            if is_command:
                self._command([action for action in group if isinstance(action, Command)])
                continue
            for action in group:
                try:
                    self._take(action)
                except OSError as error:
                    raise Failed(str(error)) from error

    def _take(self, action: Action) -> None:
        match action:
            case SetHostname(name):
                self._hostname(name)
            case EnsureUser(user):
                self._user(user)
            case AuthorizeKeys(user, of_user):
                self._say(f"authorizing {len(of_user)} ssh keys for {user}")
                keys.authorize(self._system, user, of_user)
            case WriteFile(file):
                self._write(file)
            case WriteHosts(hostname):
                name = hostname or self._system.hostname()
                self._write(File("/etc/hosts", f"127.0.0.1 localhost\n127.0.0.1 {name}\n".encode()))
            case MergeLines(path, values, base):
                self._merge(path, dict(values), base)
            case _:
                self._unit(action)

    def _unit(self, action: Action) -> None:
        match action:
            case Mask(path):
                self._say(f"masking {path}")
                self._system.link(path, "/dev/null")
            case Unmask(path):
                if self._system.is_null(path):
                    self._say(f"unmasking {path}")
                    self._system.remove(path)
            case Enable(unit, runtime):
                self._say(f"enabling {unit}")
                self._must("systemctl", "enable", "--no-reload", "--force", *(["--runtime"] if runtime else []), unit)
            case Reload() if self._system.live:
                self._must("systemctl", "daemon-reload")
            case _:
                pass

    def _hostname(self, name: str) -> None:
        self._say(f"setting hostname {name}")
        self._system.write("/etc/hostname", f"{name}\n".encode(), 0o644, None)
        if self._system.live:
            self._system.set_hostname(name)

    def _write(self, file: File) -> None:
        owner = accounts.owner(self._system, file.owner) if file.owner else None
        if file.owner and owner is None:
            raise Failed(f"{file.path}: owner {file.owner} is not known on this machine")
        self._say(f"writing {file.path}")
        self._system.write(file.path, file.content, file.mode, owner)

    def _merge(self, path: str, values: dict[str, str], base: str) -> None:
        now = self._system.read(path)
        before = now if now is not None else (self._system.read(base) if base else None) or b""
        after = lines.merged(before.decode(), values).encode()
        if after != now:
            self._write(File(path, after))

    def _user(self, user: User) -> None:
        if accounts.find(self._system, user.name):
            self._say(f"user {user.name} exists: setting the password and the keys only")
        else:
            self._say(f"creating user {user.name}")
            self._must("useradd", *users.useradd_options(user), user.name)
        if user.passwd:
            self._must("chpasswd", "-e", stdin=f"{user.name}:{user.passwd}\n")

    def _command(self, commands: list[Command]) -> None:
        if not self._system.live:
            return
        if not self._no_block:
            for command in commands:
                self._job(command.verb, [command.unit], ["--job-mode=replace"])
            return
        # One systemctl for what stands together: at boot each start of a program counts.
        for verb, group in groupby(commands, lambda command: command.verb):
            self._job(verb, [command.unit for command in group], ["--job-mode=replace", "--no-block"])

    def _job(self, verb: str, units: list[str], options: list[str]) -> None:
        status = self._system.run("systemctl", verb, *options, *units)
        done = "queued" if self._no_block else "done"
        self._say(f"{verb} {' '.join(units)}: {done if status == 0 else f'failed (exit {status})'}")

    def _must(self, *command: str, stdin: str = "") -> None:
        status = self._system.run(*command, stdin=stdin)
        if status != 0:
            raise Failed(f"{' '.join(command)}: exit {status}")
