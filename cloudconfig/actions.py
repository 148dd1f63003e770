"""The single steps that turn a machine into what a cloud-config asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from cloudconfig.config import File, User


@dataclass(frozen=True)
class SetHostname:
    """Give the machine its name."""

    name: str


@dataclass(frozen=True)
class EnsureUser:
    """Create an account, or set the password of one that exists."""

    user: User


@dataclass(frozen=True)
class AuthorizeKeys:
    """Let these ssh keys in as `user`."""

    user: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class WriteFile:
    """Put a file in place."""

    file: File


@dataclass(frozen=True)
class WriteHosts:
    """Let the machine's own name, here or the one it has, resolve to 127.0.0.1."""

    hostname: str


@dataclass(frozen=True)
class MergeLines:
    """Set KEY=value lines of a file and keep its other lines; `base` is read where `path` does not exist yet."""

    path: str
    values: tuple[tuple[str, str], ...]
    base: str = ""


@dataclass(frozen=True)
class Mask:
    """Make a unit impossible to start: its file becomes a link to /dev/null."""

    path: str


@dataclass(frozen=True)
class Unmask:
    """Remove the file at `path` if it is a mask: a link to /dev/null, or empty."""

    path: str


@dataclass(frozen=True)
class Enable:
    """Let a unit start with the machine, from the next boot on."""

    unit: str
    runtime: bool


@dataclass(frozen=True)
class Reload:
    """Let systemd read its units again."""


@dataclass(frozen=True)
class Command:
    """Have systemd do something to a unit; how that ends is logged and changes nothing else."""

    verb: str
    unit: str


Action: TypeAlias = (
    SetHostname
    | EnsureUser
    | AuthorizeKeys
    | WriteFile
    | WriteHosts
    | MergeLines
    | Mask
    | Unmask
    | Enable
    | Reload
    | Command
)
