"""What `vagrant ssh-config` prints, read and written: one block a machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BLOCK = """\
Host {name}
  HostName {address}
  User {user}
  Port {port}
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  PasswordAuthentication no
  IdentityFile "{identity}"
  IdentitiesOnly yes
  LogLevel FATAL
  ForwardAgent yes
"""


@dataclass(frozen=True)
class Host:
    """How to reach one machine by ssh."""

    name: str
    address: str
    port: int
    user: str
    identity: str


def parse(text: str) -> dict[str, Host]:
    """Return each machine's block by the machine's name; what is no block is passed over.

    Vagrant stops at the first machine that does not run, after it has printed the ones before: so fewer
    blocks than machines are no error here. A block without one of the five lines is: ValueError.
    """
    return {name: _host(name, block) for name, block in _blocks(text).items()}


def text(hosts: Iterable[Host]) -> str:
    """Return what Vagrant would print of these machines."""
    return "\n".join(
        BLOCK.format(name=host.name, address=host.address, user=host.user, port=host.port, identity=host.identity)
        for host in hosts
    )


def _blocks(text: str) -> dict[str, dict[str, str]]:
    blocks: dict[str, dict[str, str]] = {}
    block: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.strip().partition(" ")
        value = value.strip().strip('"')
        if key == "Host":
            block = blocks.setdefault(value, {})
        elif value:
            block.setdefault(key, value)
    return blocks


def _host(name: str, block: dict[str, str]) -> Host:
    try:
        return Host(name, block["HostName"], int(block["Port"]), block["User"], block["IdentityFile"])
    except KeyError as missing:
        raise ValueError(f"ssh-config of {name} has no {missing.args[0]} line") from None
