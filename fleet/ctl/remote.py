"""Commands on the machines of the cluster: here if it is this machine, else by the system's OpenSSH."""

import os
from collections.abc import Sequence

from fleet.ctl.errors import CommandError
from fleet.ctl.invocation import Invocation
from fleet.ctl.machines import is_local

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-")


class SshError(CommandError):
    """ssh could not even be tried; ssh itself exits with the same status when it cannot connect."""

    status = 255


def run_on(call: Invocation, machine_id: str, command: Sequence[str], *, to_stderr: bool = False) -> int:
    """Runs a command on a machine and returns its exit status; 255 if the machine cannot be reached."""
    import subprocess
    import sys

    try:
        arguments = _on(call, machine_id, command)
    except SshError as problem:
        call.warn(str(problem))
        return problem.status
    sys.stdout.flush()
    return subprocess.run(arguments, check=False, stdout=sys.stderr.fileno() if to_stderr else None).returncode


def become_on(call: Invocation, machine_id: str, command: Sequence[str]) -> int:
    """Turns this process into a command on a machine, so that signals and the exit status are the command's own."""
    return become(_on(call, machine_id, command))


def become(arguments: Sequence[str]) -> int:
    """Turns this process into another program; returns only if there is no such program."""
    try:
        os.execvp(arguments[0], list(arguments))
    except OSError as problem:
        raise CommandError(f"Unable to run {arguments[0]}: {problem.strerror}") from problem


def ssh(call: Invocation, address: str, *, forward_agent: bool = False) -> list[str]:
    """The ssh command line up to the destination; raises SshError without an agent to log in by."""
    if not call.environment.get("SSH_AUTH_SOCK"):
        raise SshError("Unable to SSH to remote host: SSH_AUTH_SOCK is not set: no ssh-agent to log in by")
    user = call.flags.text("ssh-username")
    options = {
        "Port": int(call.flags.number("ssh-port")),
        "ConnectTimeout": max(1, round(call.flags.number("ssh-timeout"))),
        "ForwardAgent": "yes" if forward_agent else "no",
        **_host_key_options(call),
    }
    return ["ssh", *(word for key, value in options.items() for word in ("-o", f"{key}={value}")), f"{user}@{address}"]


def quoted(words: Sequence[str]) -> str:
    """The words for a remote shell, which must not find anything to expand in them."""
    return " ".join(
        word if word and _PLAIN.issuperset(word) else "'" + word.replace("'", "'\"'\"'") + "'" for word in words
    )


def _on(call: Invocation, machine_id: str, command: Sequence[str]) -> list[str]:
    if is_local(machine_id):
        return list(command)
    machine = call.machines.find(machine_id)
    if machine is None or not machine.ip:
        raise SshError(f"Unable to SSH to remote host: machine {machine_id} is not in the cluster, or has no address")
    return [*ssh(call, machine.ip), "--", quoted(command)]


def _host_key_options(call: Invocation) -> dict[str, str]:
    if not call.flags.truth("strict-host-key-checking"):
        # A file of its own, because OpenSSH distrusts a changed key even where it does not insist on a known one.
        return {"StrictHostKeyChecking": "no", "UserKnownHostsFile": os.devnull, "LogLevel": "ERROR"}
    path = os.path.expanduser(call.flags.text("known-hosts-file"))  # noqa: PTH111
    try:
        os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120
    except OSError as problem:
        raise SshError(f"Unable to SSH to remote host: no place for {path}: {problem.strerror}") from problem
    return {"StrictHostKeyChecking": "ask", "UserKnownHostsFile": path, "HashKnownHosts": "no"}
