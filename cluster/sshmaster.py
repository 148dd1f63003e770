"""Connections that stay: one ssh to each machine, over which later commands run without logging in again.

A login is 60 to 90 ms of processor time on two cores that also run the machines, a command over a connection that is
there is 7; and a wait logs in three times a second.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

AGAIN = 2.0
"""Seconds until a connection that has ended, or never came about, is tried again: commands log in meanwhile."""

ENDED = 2.0
"""Seconds for an ssh to end that is told to."""

HOLD = "exec cat"
"""What keeps the connection: it ends when our end of its standard input does, also by SIGKILL."""


_numbers = itertools.count(1)


@dataclass
class _Master:
    process: subprocess.Popen[bytes]
    began: float


class Masters:
    """ssh's multiplexing (ControlMaster in ssh_config(5)) for the machines of one cluster; safe between threads.

    Nobody waits for a connection: as long as there is none, a command logs in by itself. So a machine that is dead, or
    comes back, is found out as by any ssh. Who comes once gets none.
    """

    def __init__(self, folder: Path) -> None:
        """Take the folder of the sockets. Nobody else, in this process or another one, has sockets of the same name."""
        self.folder, self._name = folder, f"ssh-{os.getpid()}-{next(_numbers)}"
        self._is_closed = False
        self._masters: dict[str, _Master | None] = {}
        self._lock = threading.Lock()

    def options(self, machine: str, login: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """Return the options that have a command use the machine's connection, if there is one; see that there is.

        They hold in the folder only. `login` is the command line of an ssh to anywhere.
        """
        with self._lock:
            if self._is_closed:
                return []
            if machine not in self._masters:
                self._masters[machine] = None
                return []
            master = self._masters[machine]
            if master is None or (master.process.poll() is not None and time.monotonic() > master.began + AGAIN):
                self._end(machine)
                self._masters[machine] = self._start(machine, login, environment)
        return ["-o", f"ControlPath={self._socket(machine)}"]

    def forget(self, machine: str) -> None:
        """End the machine's connection: it is about to lead nowhere."""
        with self._lock:
            self._end(machine)

    def close(self) -> None:
        """End all connections; there will be no other ones."""
        with self._lock:
            self._is_closed = True
            for machine in list(self._masters):
                self._end(machine)

    def _start(self, machine: str, login: Sequence[str], environment: Mapping[str, str]) -> _Master:
        options = ["-o", "ControlMaster=yes", "-o", f"ControlPath={self._socket(machine)}"]
        process = subprocess.Popen(
            [*login, *options, machine, "--", HOLD],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            env=environment,
            start_new_session=True,  # a Ctrl-C is not for it: what is tidied up then goes over it
        )
        return _Master(process, time.monotonic())

    def _end(self, machine: str) -> None:
        if master := self._masters.pop(machine, None):
            master.process.terminate()
            try:
                master.process.wait(ENDED)
            except subprocess.TimeoutExpired:
                master.process.kill()
                master.process.wait()
            with contextlib.suppress(OSError):
                assert master.process.stdin is not None
                master.process.stdin.close()
            (self.folder / self._socket(machine)).unlink(missing_ok=True)

    def _socket(self, machine: str) -> str:
        """Its name, without the folder: the path of a socket has room for a hundred characters."""
        return f"{self._name}-{machine}"
