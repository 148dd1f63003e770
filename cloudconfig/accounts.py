"""Who is known on a machine, by its /etc/passwd and /etc/group."""

from __future__ import annotations

from dataclasses import dataclass

from cloudconfig.system import System


@dataclass(frozen=True)
class Account:
    """One line of /etc/passwd."""

    name: str
    uid: int
    gid: int
    home: str


def find(system: System, name: str) -> Account | None:
    """Return the account of that name."""
    for line in _lines(system, "/etc/passwd"):
        fields = line.split(":")
        if fields[0] == name and len(fields) == 7:
            return Account(name, int(fields[2]), int(fields[3]), fields[5])
    return None


def groups(system: System) -> dict[str, int]:
    """Return the ids of all groups by their names."""
    return {fields[0]: int(fields[2]) for fields in (line.split(":") for line in _lines(system, "/etc/group"))}


def owner(system: System, text: str) -> tuple[int, int] | None:
    """Return uid and gid of ``user`` or ``user:group``; None where one is unknown. A lone user brings no group: 0."""
    user, _, group = text.partition(":")
    account = find(system, user)
    uid = account.uid if account else int(user) if user.isdecimal() else None
    gid = int(group or "0") if (group or "0").isdecimal() else groups(system).get(group)
    return None if uid is None or gid is None else (uid, gid)


def _lines(system: System, path: str) -> list[str]:
    return [line for line in (system.read(path) or b"").decode().splitlines() if line]
