"""Starting the docker engine, and letting this user in."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from cluster.errors import Impossible
from cluster.eventually import eventually
from cluster.host import engine
from cluster.host.command import as_root, run
from cluster.host.engine import State
from cluster.say import Say

PATIENCE = 60.0
"""Seconds from the engine's start until it takes requests; 2 are usual."""


def start(work: Path, *, systemd: bool, say: Say) -> None:
    """Start the engine and return when it can be asked; raise TimedOut or Impossible with the engine's last words.

    Where no init system runs, dockerd becomes a process of its own that outlives this one: its log is dockerd.log in
    `work`, its process id dockerd.pid.
    """
    if systemd:
        say("host: systemctl start docker")
        run("systemctl", "start", "docker")
        _await(None, None)
        return
    work.mkdir(parents=True, exist_ok=True)
    log = work / "dockerd.log"
    say(f"host: starting dockerd, log in {log}")
    with log.open("ab") as output:
        process = subprocess.Popen(
            as_root("dockerd"), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    (work / "dockerd.pid").write_text(f"{process.pid}\n")
    _await(process, log)


def allow(user: str, say: Say) -> None:
    """Let the user in: by the group docker from the next login on, and as the socket's owner until docker restarts."""
    path = engine.socket_path(os.environ) or engine.SOCKET
    say(f"host: usermod -aG docker {user}; chown {user} {path}")
    run("usermod", "-aG", "docker", user)
    run("chown", user, path)


def _await(process: subprocess.Popen[bytes] | None, log: Path | None) -> None:
    def words() -> str:
        return "\n".join(log.read_text(errors="replace").splitlines()[-3:]) if log else ""

    def started() -> bool:
        if process is not None and process.poll() is not None:
            raise Impossible(f"dockerd ended with status {process.returncode}")
        # Forbidden is started as well: who may use it is another matter.
        return engine.look("").state in (State.ANSWERS, State.FORBIDDEN)

    eventually("the docker engine answers", started, within=PATIENCE, context=words)
    if process is not None:
        process.returncode = 0  # it goes on without us: no warning that it was not waited for
