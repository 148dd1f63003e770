"""A run of the suite in a process group of its own, as a terminal starts it, to be killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from cluster import hostlock
from cluster.eventually import eventually, steadily
from cluster.settings import Settings
from kill.remains import remains, stale_locks
from kill.story import WORKING

STORY = Path(__file__).parent / "story.py"

SAID = {"up": "Machine booted and ready", "a test": WORKING, "tear-down": "removing "}
"""What a run says at each moment at which it is killed."""


def _hear() -> None:
    """Be a process that hears SIGINT, also where these tests run in the background and do not."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the whole foreground group gets it


def _interrupt_twice(process: subprocess.Popen[str]) -> None:
    _interrupt(process)
    steadily("the first Ctrl-C is being dealt with", lambda: True, during=1)
    _interrupt(process)


WAYS: dict[str, Callable[[subprocess.Popen[str]], None]] = {
    "Ctrl-C": _interrupt,
    "Ctrl-C twice": _interrupt_twice,
    "SIGTERM": subprocess.Popen.terminate,
    "SIGKILL": subprocess.Popen.kill,
}


class Run:
    """A context manager; afterwards the run has ended, and its temporary folder is gone."""

    def __init__(self, settings: Settings, workers: int, moment: str) -> None:
        self.settings = settings
        self.output: list[str] = []
        self._stale = frozenset(stale_locks(settings))
        self.temporary = Path(tempfile.mkdtemp(prefix="kill-", dir="/tmp"))
        # The locks are the host's; everything else that the run puts into its temporary folder is its own.
        (self.temporary / "elasticsearch-fleet").symlink_to(hostlock.folder())
        self._base = Path(tempfile.mkdtemp(prefix="kill-", dir="/tmp"))
        self._moment, self._workers = moment, workers

    def __enter__(self) -> Self:
        options = ["-n", str(self._workers), "--dist=load"] if self._workers else []
        base = f"--basetemp={self._base / 'pytest'}"  # as tox -e e2e does: pytest keeps its own folder, and empties it
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", base, *options, str(STORY)],
            cwd=self.settings.project,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
                **self.settings.environment,
                **{"TMPDIR": str(self.temporary), "KILLED": self._moment, "STORIES": str(self._workers or 1)},
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=_hear,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(timeout=30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        for folder in (self.temporary, self._base):
            shutil.rmtree(folder, ignore_errors=True)

    def await_moment(self, within: float) -> None:
        """Return when the run, in each of its slots where that is a test, has come to the moment."""
        wanted = (self._workers or 1) if self._moment == "a test" else 1

        def come() -> bool:
            assert self.process.poll() is None, self.text()
            return sum(SAID[self._moment] in line for line in self.output) >= wanted

        eventually(f"the run is at {self._moment}", come, within, context=self.text, every=0.02)

    def remains(self) -> list[str]:
        """Return everything that is there of the run, in words."""
        return remains(self.settings, self._workers, self.temporary, self._stale)

    def text(self) -> str:
        """Return what the run has said."""
        return "".join(self.output)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)
