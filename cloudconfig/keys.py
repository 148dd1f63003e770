"""The ssh keys that open an account.

As on CoreOS each source of keys has a file of its own in ``~/.ssh/authorized_keys.d`` and ``authorized_keys`` is made
of all of them: applying a changed cloud-config takes away its old keys and nobody else's.
"""

from __future__ import annotations

from cloudconfig import accounts
from cloudconfig.system import System

SOURCE = "coreos-cloudinit"
FOUND = "old_authorized_keys"


def authorize(system: System, user: str, keys: tuple[str, ...]) -> None:
    """Let exactly these keys in from the cloud-config; raise OSError where the account is unknown."""
    account = accounts.find(system, user)
    if account is None:
        raise OSError(f"no user {user} to authorize ssh keys for")
    owner = (account.uid, account.gid)
    folder = f"{account.home}/.ssh"
    sources = f"{folder}/authorized_keys.d"
    system.make_directory(folder, 0o700, owner)
    before = system.read(f"{folder}/authorized_keys")
    if before and not system.names(sources):
        system.make_directory(sources, 0o700, owner)
        system.write(f"{sources}/{FOUND}", before, 0o600, owner)
    system.make_directory(sources, 0o700, owner)
    system.write(f"{sources}/{SOURCE}", "".join(f"{key}\n" for key in keys).encode(), 0o600, owner)
    files = (system.read(f"{sources}/{name}") or b"" for name in system.names(sources))
    everything = b"".join(content if content.endswith(b"\n") else content + b"\n" for content in files if content)
    system.write(f"{folder}/authorized_keys", everything, 0o600, owner)
