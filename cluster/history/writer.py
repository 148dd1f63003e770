"""The history that this process writes: a write() a line on a file opened for appending: a kill costs none."""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VERSION = 1


class Writer:
    """Appends lines to one file; any thread may."""

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        """Open the file, making its folder where there is none, and write the header: its time is the base."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.lost = 0
        """How many lines could not be written: the disk is full."""
        self._lock = threading.RLock()  # a signal's handler may tell while its thread does
        self._file: int | None = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        self.base, self.epoch = time.monotonic(), time.time()
        self.tell("run", 0.0, {"version": VERSION, "epoch": self.epoch, **header})

    def tell(self, kind: str, at: float | None, fields: Mapping[str, Any]) -> None:
        """Append one line; where that fails, it is counted, and told when lines can be written again."""
        line = {"kind": kind, "at": 0.0, **fields}
        with self._lock:
            if self._file is None:
                return
            line["at"] = round(self.now() if at is None else at, 6)
            missed = self.lost
            if self._append(line) and missed:
                self.lost = 0
                why = f"{missed} lines could not be written"
                self._append({"kind": "observer", "at": line["at"], "name": "history", "phase": "failed", "why": why})

    def now(self) -> float:
        """Return the seconds since the base."""
        return time.monotonic() - self.base

    def close(self) -> None:
        """End the history: what is told later is told to nobody."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _append(self, line: Mapping[str, Any]) -> bool:
        text = json.dumps(line, separators=(",", ":"), default=str).encode() + b"\n"
        if self.lost:
            text = b"\n" + text  # what was lost may have been written in part
        assert self._file is not None
        try:
            whole = os.write(self._file, text) == len(text)
        except OSError:
            whole = False
        self.lost += not whole
        return whole


_open: Writer | None = None


def _forget() -> None:
    """In a forked child, tell nobody: the history is its parent's."""
    global _open
    _open = None


os.register_at_fork(after_in_child=_forget)


@contextmanager
def opened(path: Path, header: Mapping[str, Any]) -> Iterator[Writer]:
    """Write this process's history to a new file inside the block; a process has one at a time.

    `header` has the run's name and cluster, command, seed, machines and labels; version and epoch are added here.
    """
    global _open
    if _open is not None:
        raise RuntimeError(f"this process writes a history already: {_open.path}")
    _open = writer = Writer(path, header)
    try:
        yield writer
    finally:
        _open = None
        writer.close()


def tell(kind: str, *, at: float | None = None, **fields: Any) -> None:
    """Write a line to the process's history as it happens; nothing where none is open. A full disk raises nothing.

    `at` is for what is heard of later than it happened: seconds since the base.
    """
    if (writer := _open) is not None:
        writer.tell(kind, at, fields)


def is_open() -> bool:
    """Whether this process writes a history now."""
    return _open is not None


def lost() -> int:
    """Return how many lines the open history could not take so far, of which no line tells yet: the disk is full."""
    return 0 if (writer := _open) is None else writer.lost


def now() -> float:
    """Return the seconds since the base of the open history; 0 where none is open."""
    return 0.0 if (writer := _open) is None else writer.now()


def since_base(wall: float) -> float:
    """Return the seconds from the base of the open history to a wall time; 0 where none is open."""
    return 0.0 if (writer := _open) is None else wall - writer.epoch


def wall() -> float:
    """Return the wall time of the base and what has passed since: the host's clock, as no step of it has moved it."""
    return time.time() if (writer := _open) is None else writer.epoch + writer.now()


def file_in(run: Path, cluster: str, *, several: bool = False) -> Path:
    """Return a new history's file in a run's folder: named for the cluster where the run has several.

    A worker that waited for a slot has the name of the cluster that had it before: its file has a number.
    """
    numbers = itertools.chain([""], map("-{}".format, itertools.count(2)))
    names = (f"history-{cluster}{number}.jsonl" for number in numbers)
    return next(run / name for name in names if not (run / name).exists()) if several else run / "history.jsonl"


def files(run: Path) -> list[Path]:
    """Return the histories in a run's folder: one for each of its clusters."""
    return sorted(run.glob("history*.jsonl"))
