"""The runs whose evidence is kept: the newest, as many and as large as the settings allow; older ones give way."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from cluster.say import Say
from cluster.settings import Settings

YOUNG = 900.0
"""Seconds since its last change for which a run counts as being written, whoever does it."""

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Run:
    """A folder of evidence: when it was changed last, in seconds since the epoch, and its size in bytes."""

    folder: Path
    changed: float
    size: int

    @classmethod
    def of(cls, folder: Path) -> Run:
        """Look at a folder; what goes meanwhile is not counted."""
        changed, size = 0.0, 0
        for path in (folder, *folder.rglob("*")):
            with contextlib.suppress(OSError):
                found = path.lstat()
                changed = max(changed, found.st_mtime)
                size += 0 if path.is_dir() else found.st_size
        return cls(folder, changed, size)


def prune(settings: Settings, say: Say, spare: Collection[Path] = ()) -> list[Path]:
    """Remove the runs that are one too many, or too large together, the oldest first; say so in one line.

    Never those to `spare`, and never one that somebody is writing: a process has a file in it open, or it is young.
    """
    evidence = settings.work / "evidence"
    runs = sorted((Run.of(folder) for folder in evidence.glob("*/")), key=lambda run: run.changed, reverse=True)
    too_many = _too_many(runs, settings)
    kept = {folder.resolve() for folder in spare} | (written(evidence) if too_many else set())
    gone = []
    for run in too_many:
        if run.folder.resolve() not in kept and time.time() - run.changed > YOUNG:
            shutil.rmtree(run.folder, ignore_errors=True)
            gone.append(run)
    if gone:
        say(f"removed the evidence of {len(gone)} old runs, {sum(run.size for run in gone) / MEGABYTE:.0f} MB")
    return [run.folder for run in gone]


def written(evidence: Path) -> set[Path]:
    """Return the runs in which some process of this host has a file open."""
    root = evidence.resolve()
    return {root / path.relative_to(root).parts[0] for path in _open_files() if path != root and root in path.parents}


def _too_many(runs: list[Run], settings: Settings) -> list[Run]:
    """Return those of these runs, the newest first, that are beyond what is to be kept."""
    size, beyond = 0, []
    for number, run in enumerate(runs, start=1):
        size += run.size
        if number > settings.keep_runs or (size > settings.keep_megabytes * MEGABYTE and number > 1):
            beyond.append(run)
    return beyond


def _open_files() -> Iterator[Path]:
    for process in Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            for descriptor in process.iterdir():
                with contextlib.suppress(OSError):
                    yield descriptor.readlink()
