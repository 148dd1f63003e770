"""From a cloud-config to the steps that apply it, in coreos-cloudinit's order; nothing is done here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cloudconfig import generated
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
from cloudconfig.checks import NETWORK_SUFFIXES
from cloudconfig.config import CloudConfig, File, Unit

ENVIRONMENT = "/etc/environment"
UPDATE_CONF = "/etc/coreos/update.conf"


def plan(config: CloudConfig, addresses: Mapping[str, str]) -> list[Action]:
    """Return the steps; `addresses` are the COREOS_ values of this machine."""
    units = [*config.units, *generated.units(config)]
    on_disk = [action for unit in units for action in _unit_on_disk(unit)]
    return [
        *_identity(config),
        *_files(config, addresses),
        *on_disk,
        *([Reload()] if on_disk else []),
        *([Command("restart", "systemd-networkd.service")] if any(_is_network(unit) for unit in units) else []),
        *(Command(unit.command, unit.name) for unit in units if unit.command),
    ]


def _identity(config: CloudConfig) -> Iterator[Action]:
    if config.hostname:
        yield SetHostname(config.hostname)
    keys: dict[str, tuple[str, ...]] = {}
    for user in config.users:
        yield EnsureUser(user)
        keys[user.name] = keys.get(user.name, ()) + user.ssh_authorized_keys
    # coreos-cloudinit lets the top-level keys replace those of the user core; here both are let in.
    keys["core"] = keys.get("core", ()) + config.ssh_authorized_keys
    for name, of_user in keys.items():
        if of_user:
            yield AuthorizeKeys(name, tuple(key.strip() for key in of_user))


def _files(config: CloudConfig, addresses: Mapping[str, str]) -> Iterator[Action]:
    for file in config.write_files:
        yield WriteFile(file)
    if config.update:
        values = tuple((key.upper(), str(value)) for key, value in sorted(config.update.items()) if value)
        yield MergeLines(UPDATE_CONF, values, base="/usr/share/coreos/update.conf")
    if config.manage_etc_hosts:
        yield WriteHosts(config.hostname)
    if addresses and ENVIRONMENT not in {file.path for file in config.write_files}:
        yield MergeLines(ENVIRONMENT, tuple(sorted(addresses.items())))


def _unit_on_disk(unit: Unit) -> Iterator[Action]:
    group = "network" if _is_network(unit) else "system"
    path = f"{'/run' if unit.runtime else '/etc'}/systemd/{group}/{unit.name}"
    if unit.content:
        yield WriteFile(File(path, unit.content.encode()))
    for drop_in in unit.drop_ins:
        yield WriteFile(File(f"{path}.d/{drop_in.name}", drop_in.content.encode()))
    if unit.mask:
        yield Mask(path)
    elif unit.runtime:
        yield Unmask(path)
    if unit.enable:
        yield Enable(unit.name, unit.runtime)


def _is_network(unit: Unit) -> bool:
    return unit.name.endswith(NETWORK_SUFFIXES)
