"""The result of a benchmark: every value of every run, when and where they were measured; kept as JSON."""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from cluster.errors import InfraError
from cluster.say import Say, silent

MIB = 1 << 20


@dataclass(frozen=True)
class Result:
    """What was measured: the values of each figure, one a run; `host` and `commit` say on what and of what."""

    at: str
    commit: str
    host: dict[str, str | int]
    figures: dict[str, list[float]]

    @property
    def medians(self) -> dict[str, float]:
        """The median of each figure that was measured."""
        return {name: statistics.median(values) for name, values in self.figures.items() if values}

    def text(self) -> str:
        """Return the JSON."""
        return json.dumps(asdict(self), indent=2) + "\n"


def measured(figures: Mapping[str, Sequence[float]], project: Path) -> Result:
    """Return the values as a result of now and here; the commit is that of the project's folder."""
    host: dict[str, str | int] = {
        "cores": psutil.cpu_count() or 0,
        "memory_mib": psutil.virtual_memory().total // MIB,
        "kernel": platform.release(),
        "system": platform.system(),
    }
    rounded = {name: [round(value, 3) for value in values] for name, values in figures.items()}
    return Result(f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}", _commit(project), host, rounded)


def read(path: Path) -> Result:
    """Return the result that a file holds; raises InfraError where it holds none."""
    try:
        found = Result(**json.loads(path.read_text()))
        for name, values in found.figures.items():
            if not all(isinstance(value, int | float) for value in values):
                raise ValueError(f"{name} has no numbers")
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InfraError(f"{path} holds no benchmark's result: {error}") from error
    return found


def all_of(folder: Path, say: Say = silent) -> list[Result]:
    """Return the results of a folder, the newest first: their names are their dates.

    One that holds none, as another version or a full disk leaves it, is told and passed over: it stops no measurement.
    """
    found = []
    for path in sorted(folder.glob("*.json"), reverse=True):
        try:
            found.append(read(path))
        except InfraError as error:
            say(f"passed over: {error}")
    return found


def keep(result: Result, folder: Path) -> Path:
    """Write a result under its date, and return where."""
    path = folder / f"{result.at}.json"
    write(result, path)
    return path


def write(result: Result, path: Path) -> None:
    """Write a result to a file, whole or not at all; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text(result.text())
    new.replace(path)


def _commit(project: Path) -> str:
    """Return the commit, with + for changes that are in none; "" where the project is no git's."""
    command = ["git", "-C", str(project), "describe", "--always", "--abbrev=10", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
