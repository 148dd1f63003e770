"""The command lines of the system's OpenSSH: its agent, its known hosts, its way of asking."""

import os
import sys
from collections.abc import Sequence

from fleet.ctl.answering import VARIABLE
from fleet.ctl.endpoint import host_and_port
from fleet.ctl.errors import CommandError
from fleet.ctl.invocation import Invocation

SSH_PORT = 22
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-")


class SshError(CommandError):
    """ssh could not even be tried; ssh itself exits with the same status when it cannot connect."""

    status = 255


def to_machine(call: Invocation, address: str, *, forward_agent: bool = False) -> list[str]:
    """The command line up to the destination, a machine of the cluster; by way of the tunnel's host if there is one.

    Raises SshError without an agent to log in by.
    """
    # `start` shows a journal, and has no flag for the port.
    port = int(call.flags.number("ssh-port")) if call.flags.knows("ssh-port") else SSH_PORT
    forwarding = f"ForwardAgent={'yes' if forward_agent else 'no'}"
    return _command(call, address, port, [forwarding, *_by_way_of(call)])


def to_tunnel(call: Invocation, *options: str) -> list[str]:
    """The command line up to the destination, the host of `--tunnel`; raises SshError."""
    try:
        host, port = host_and_port(call.flags.text("tunnel"), SSH_PORT)
    except ValueError as problem:
        raise SshError(f"Unable to SSH to remote host: --tunnel: {problem}") from problem
    return _command(call, host, port, ["ForwardAgent=no"], options)


def environment() -> dict[str, str]:
    """What ssh is to be run with: where it has no terminal to ask on, it asks fleetctl, which reads its stdin.

    fleet asked there whether to trust a host, and scripts say `yes` to it.
    """
    program = os.path.abspath(sys.argv[0])  # noqa: PTH100
    if _has_terminal() or "SSH_ASKPASS" in os.environ or not os.access(program, os.X_OK):
        return dict(os.environ)
    asking = {"SSH_ASKPASS": program, "SSH_ASKPASS_REQUIRE": "force", VARIABLE: str(os.getpid())}
    return {**os.environ, **asking}


def quoted(words: Sequence[str]) -> str:
    """The words for a remote shell, which must not find anything to expand in them."""
    return " ".join(
        word if word and _PLAIN.issuperset(word) else "'" + word.replace("'", "'\"'\"'") + "'" for word in words
    )


def _command(call: Invocation, host: str, port: int, settings: Sequence[str], options: Sequence[str] = ()) -> list[str]:
    if not call.environment.get("SSH_AUTH_SOCK"):
        raise SshError("Unable to SSH to remote host: SSH_AUTH_SOCK is not set: no ssh-agent to log in by")
    patience = f"ConnectTimeout={max(1, round(call.flags.number('ssh-timeout')))}"
    every = [f"Port={port}", patience, *_host_key_settings(call), *settings]
    words = [word for setting in every for word in ("-o", setting)]
    return ["ssh", *words, *options, f"{call.flags.text('ssh-username')}@{host}"]


def _by_way_of(call: Invocation) -> list[str]:
    """What makes ssh go through the tunnel's host. Not ProxyJump: its first hop would have none of these settings."""
    if not call.flags.text("tunnel"):
        return []
    *command, destination = (word.replace("%", "%%") for word in to_tunnel(call))
    return [f"ProxyCommand={quoted([*command, '-W', '[%h]:%p', destination])}"]


def _host_key_settings(call: Invocation) -> list[str]:
    if not call.flags.truth("strict-host-key-checking"):
        # A file of its own, because OpenSSH distrusts a changed key even where it does not insist on a known one.
        return ["StrictHostKeyChecking=no", f"UserKnownHostsFile={os.devnull}", "LogLevel=ERROR"]
    path = os.path.expanduser(call.flags.text("known-hosts-file"))  # noqa: PTH111
    try:
        os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120
    except OSError as problem:
        raise SshError(f"Unable to SSH to remote host: no place for {path}: {problem.strerror}") from problem
    spelt = path.replace("%", "%%")
    file = f'"{spelt}"' if " " in spelt else spelt
    return ["StrictHostKeyChecking=ask", f"UserKnownHostsFile={file}", "HashKnownHosts=no"]


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
