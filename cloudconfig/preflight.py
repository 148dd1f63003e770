"""Whether this machine has the users and groups that a cloud-config counts on, before a step is taken."""

from __future__ import annotations

from collections.abc import Iterator

from cloudconfig import accounts
from cloudconfig.config import CloudConfig
from cloudconfig.system import System


def complaints(config: CloudConfig, system: System) -> Iterator[str]:
    """Yield what would stop the application half-way."""
    made = {user.name for user in config.users}
    made_groups = {user.name for user in config.users if not user.no_user_group and not user.primary_group}
    known_groups = made_groups | accounts.groups(system).keys()
    for user in config.users:
        for group in (*user.groups, *([user.primary_group] if user.primary_group else [])):
            if group not in known_groups and not accounts.find(system, user.name):
                yield f"user {user.name}: there is no group {group} on this machine"
    if config.ssh_authorized_keys and "core" not in made and not accounts.find(system, "core"):
        yield "ssh_authorized_keys: there is no user core on this machine"
    for file in config.write_files:
        name, _, group = file.owner.partition(":")
        if name and name not in made and not name.isdecimal() and not accounts.find(system, name):
            yield f"{file.path}: there is no user {name} on this machine"
        if group and group not in known_groups and not group.isdecimal():
            yield f"{file.path}: there is no group {group} on this machine"
