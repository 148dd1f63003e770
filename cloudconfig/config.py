"""A cloud-config, checked and typed: what a machine is asked to become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from cloudconfig.encoding import decode
from cloudconfig.nodes import parse
from cloudconfig.problems import Problem, Rejected
from cloudconfig.schema import CLOUD_CONFIG

Settings: TypeAlias = dict[str, str | bool | int | float]


@dataclass(frozen=True)
class DropIn:
    """A piece of configuration added to a unit."""

    name: str
    content: str


@dataclass(frozen=True)
class Unit:
    """What to do to one systemd unit."""

    name: str
    content: str = ""
    command: str = ""
    enable: bool = False
    mask: bool = False
    runtime: bool = False
    drop_ins: tuple[DropIn, ...] = ()


@dataclass(frozen=True)
class File:
    """One file; `mode` as for chmod, `owner` as for chown or empty."""

    path: str
    content: bytes
    mode: int = 0o644
    owner: str = ""


@dataclass(frozen=True)
class User:
    """An account; of one that exists only the password and the keys are set. `passwd` is a hash."""

    name: str
    passwd: str = ""
    ssh_authorized_keys: tuple[str, ...] = ()
    gecos: str = ""
    homedir: str = ""
    no_create_home: bool = False
    primary_group: str = ""
    groups: tuple[str, ...] = ()
    no_user_group: bool = False
    system: bool = False
    no_log_init: bool = False
    shell: str = ""


@dataclass(frozen=True)
class CloudConfig:
    """The whole file."""

    hostname: str
    users: tuple[User, ...]
    ssh_authorized_keys: tuple[str, ...]
    write_files: tuple[File, ...]
    manage_etc_hosts: bool
    etcd2: Settings
    fleet: Settings
    update: Settings
    units: tuple[Unit, ...]


def read(text: str) -> CloudConfig:
    """Return what the text asks for; raise Rejected with every mistake in it."""
    problems: list[Problem] = []
    values = CLOUD_CONFIG.read(parse(text), "", problems)
    if problems:
        raise Rejected(problems)
    coreos = values.get("coreos", {})
    return CloudConfig(
        hostname=values.get("hostname", ""),
        users=tuple(_user(user) for user in values.get("users", [])),
        ssh_authorized_keys=tuple(values.get("ssh_authorized_keys", [])),
        write_files=tuple(_file(file) for file in values.get("write_files", [])),
        manage_etc_hosts=bool(values.get("manage_etc_hosts")),
        etcd2=coreos.get("etcd2", {}),
        fleet=coreos.get("fleet", {}),
        update=coreos.get("update", {}),
        units=tuple(_unit(unit) for unit in coreos.get("units", [])),
    )


def _user(values: dict[str, Any]) -> User:
    lists = {key: tuple(values.get(key, [])) for key in ("groups", "ssh_authorized_keys")}
    return User(**{**values, **lists})


def _file(values: dict[str, Any]) -> File:
    return File(
        path=values["path"],
        content=decode(values.get("content", ""), values.get("encoding", "")),
        mode=int(values.get("permissions") or "0644", 8),
        owner=values.get("owner", ""),
    )


def _unit(values: dict[str, Any]) -> Unit:
    return Unit(**{**values, "drop_ins": tuple(DropIn(**drop_in) for drop_in in values.get("drop_ins", []))})
