"""The operator's ssh-agent: it holds the key of the machines, so that `fleetctl ssh` works from one to another."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from cluster.errors import InfraError


class SshAgent:
    """An ssh-agent of our own, ended with this object; also when this process dies, within seconds.

    It runs as `ssh-agent COMMAND`, and the command lives as long as our end of a pipe: so no agent is left behind.
    """

    def __init__(self, key: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="agent-"))
        self.socket = str(self._folder / "agent")
        command = ["ssh-agent", "-a", self.socket, "sh", "-c", 'echo "$SSH_AGENT_PID"; exec cat']
        self._holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout is not None
        pid = self._holder.stdout.readline().strip()
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
        """End the agent and remove its socket; a second call does nothing."""
        pid, self._pid = getattr(self, "_pid", 0), 0
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        if self._holder.poll() is None:
            self._holder.communicate()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> SshAgent:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
