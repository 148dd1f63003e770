"""What single values, and values side by side, must satisfy: each check returns a complaint or None."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from cloudconfig.encoding import decode

NETWORK_SUFFIXES = (".network", ".netdev", ".link")
_SUFFIXES = (
    *(".service", ".socket", ".mount", ".automount", ".swap", ".target", ".path", ".timer", ".slice", ".scope"),
    *(".device", *NETWORK_SUFFIXES),
)
_UNIT = re.compile(r"[A-Za-z0-9:_.\\@-]+")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]*\$?")
_OWNER = re.compile(r"[A-Za-z0-9_.-]+(:[A-Za-z0-9_.-]+)?")
_PERMISSIONS = re.compile(r"0?[0-7]{3,4}")


def one_line(value: str) -> str | None:
    """Refuse line breaks, which end an argument or a record too early."""
    return "must be one line" if "\n" in value or "\r" in value else None


def environment_value(value: str) -> str | None:
    """Refuse what would break out of ``Environment="KEY=value"``: systemd's quotes have no room for it."""
    if '"' in value or "\\" in value:
        return "must not contain a double quote or a backslash"
    return one_line(value)


def unit_name(value: str) -> str | None:
    """Refuse names that systemd would not load."""
    if not _UNIT.fullmatch(value):
        return f'"{value}" is not a name of a unit'
    if not value.endswith(_SUFFIXES):
        return f'"{value}" does not end in a type of unit, such as .service'
    return None


def drop_in_name(value: str) -> str | None:
    """Refuse names that systemd passes over in silence."""
    if "/" in value or not value.endswith(".conf"):
        return f'"{value}" must end in .conf and have no "/", else systemd does not read it'
    return None


def file_path(value: str) -> str | None:
    """Refuse relative paths, folders, and /usr, which is read-only on CoreOS."""
    if not value.startswith("/") or value.endswith("/"):
        return f'"{value}" is not an absolute path of a file'
    clean = posixpath.normpath(value)
    if clean == "/usr" or clean.startswith("/usr/"):
        return "file cannot be written to a read-only filesystem"
    return None


def permissions(value: str) -> str | None:
    """Refuse all but octal modes."""
    return None if _PERMISSIONS.fullmatch(value) else f'invalid value "{value}": an octal mode such as 0644'


def owner(value: str) -> str | None:
    """Refuse what chown would not take."""
    return None if _OWNER.fullmatch(value) else f'invalid value "{value}": user or user:group'


def account(value: str) -> str | None:
    """Refuse what useradd would not take."""
    return None if _ACCOUNT.fullmatch(value) and len(value) <= 32 else f'"{value}" is not a name of a user or group'


def host_name(value: str) -> str | None:
    """Refuse what is not a host name by RFC 1123, or is too long for Linux (64 characters)."""
    fine = len(value) <= 64 and all(_LABEL.fullmatch(label) for label in value.split("."))
    return None if fine else f'"{value}" is not a host name'


def public_key(value: str) -> str | None:
    """Refuse keys that span lines, and private ones."""
    if "PRIVATE KEY" in value:
        return "this is a private key"
    return one_line(value.strip())


def unit_fits(unit: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """A network file is not a unit that can be started or enabled."""
    if str(unit["name"]).endswith(NETWORK_SUFFIXES):
        for key in ("command", "enable", "mask"):
            if unit.get(key):
                yield key, f"has no meaning for {unit['name']}"


def file_fits(file: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The content must be what the encoding says."""
    try:
        decode(file.get("content", ""), file.get("encoding", ""))
    except ValueError as error:
        yield "content", str(error)
