"""The operator's ssh-agent: it holds the key of the machines, so that `fleetctl ssh` works from one to another."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from pathlib import Path
from types import TracebackType

from cluster.errors import InfraError


class SshAgent:
    """An ssh-agent of our own, ended with this object; also when this process dies, within seconds.

    It runs as `ssh-agent COMMAND`, and the command lives as long as our end of a pipe. It makes its socket's folder
    itself, and removes it: so neither agent nor folder is left behind, even by a SIGKILL.
    """

    def __init__(self, key: Path) -> None:
        command = ["ssh-agent", "sh", "-c", 'echo "$SSH_AGENT_PID $SSH_AUTH_SOCK"; exec cat']
        self._holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout is not None
        pid, _, self.socket = self._holder.stdout.readline().strip().partition(" ")
        if not pid.isdecimal():
            self.close()
            raise InfraError("ssh-agent did not start")
        self._pid = int(pid)
        added = subprocess.run(
            ["ssh-add", "-q", str(key)],
            env=os.environ | {"SSH_AUTH_SOCK": self.socket},
            capture_output=True,
            text=True,
            check=False,
        )
        if added.returncode != 0:
            self.close()
            raise InfraError(f"ssh-add {key}: {added.stderr.strip()}")

    def close(self) -> None:
        """End the agent, which removes its socket; it has when this returns. A second call does nothing."""
        pid, self._pid = getattr(self, "_pid", 0), 0
        if pid:
            end(pid)
        if self._holder.poll() is None:
            self._holder.communicate()

    def __enter__(self) -> SshAgent:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def end(pid: int) -> None:
    """End a process that is not our child, and wait until it has ended."""
    with contextlib.suppress(ProcessLookupError):
        process = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(process, signal.SIGTERM)
            select.select([process], [], [])
        finally:
            os.close(process)
