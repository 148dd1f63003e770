"""Commands on the machines of the cluster: here if it is this machine, else by the system's OpenSSH."""

import os
import sys
from collections.abc import Sequence

from fleet.ctl import openssh
from fleet.ctl.errors import CommandError
from fleet.ctl.invocation import Invocation
from fleet.ctl.machines import is_local


def run_on(call: Invocation, machine_id: str, command: Sequence[str], *, to_stderr: bool = False) -> int:
    """Runs a command on a machine and returns its exit status; 255 if the machine cannot be reached."""
    try:
        arguments = _on(call, machine_id, command)
    except openssh.SshError as problem:
        call.warn(str(problem))
        return problem.status
    return run(call, arguments, to_stderr=to_stderr)


def run(call: Invocation, arguments: Sequence[str], *, to_stderr: bool = False) -> int:
    """Runs a program and returns its exit status."""
    import subprocess

    call.debug(" ".join(arguments))
    sys.stdout.flush()
    out = sys.stderr.fileno() if to_stderr else None
    try:
        return subprocess.run(arguments, check=False, stdout=out, env=_environment(arguments)).returncode
    except OSError as problem:
        raise _not_run(arguments, problem) from problem


def become_on(call: Invocation, machine_id: str, command: Sequence[str]) -> int:
    """Turns this process into a command on a machine, so that signals and the exit status are the command's own."""
    return become(call, _on(call, machine_id, command))


def become(call: Invocation, arguments: Sequence[str]) -> int:
    """Turns this process into another program; returns only if there is no such program."""
    call.debug(" ".join(arguments))
    try:
        os.execvpe(arguments[0], list(arguments), _environment(arguments))
    except OSError as problem:
        raise _not_run(arguments, problem) from problem


def _environment(arguments: Sequence[str]) -> dict[str, str]:
    return openssh.environment() if arguments[0] == "ssh" else dict(os.environ)


def _not_run(arguments: Sequence[str], problem: OSError) -> CommandError:
    return CommandError(f"Unable to run {arguments[0]}: {problem.strerror}")


def _on(call: Invocation, machine_id: str, command: Sequence[str]) -> list[str]:
    if is_local(machine_id):
        return list(command)
    machine = call.machines.find(machine_id)
    if machine is None or not machine.ip:
        raise openssh.SshError(
            f"Unable to SSH to remote host: machine {machine_id} is not in the cluster, or has no address"
        )
    # Neither systemctl nor journalctl reads stdin, which may be what a script's loop reads.
    ssh, *words = openssh.to_machine(call, machine.ip)
    return [ssh, "-n", *words, "--", openssh.quoted(command)]
