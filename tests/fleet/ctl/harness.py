"""fleetctl as the tests call it: inside the test's process, or as a program of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from fleet.ctl import main as entry

PROJECT = Path(__file__).parents[3]
SERVICE = "[Service]\nExecStart=/bin/sleep 100000\n"
ON_N1 = "on 11111111.../10.99.0.1"


class Result(NamedTuple):
    status: int
    out: str
    err: str


class Fleetctl:
    """fleetctl in a folder with unit files, talking to the double."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self._capfd = capfd
        self.folder = folder

    def __call__(self, *words: str) -> Result:
        self._monkeypatch.setattr(sys, "argv", ["fleetctl", *words])
        self._capfd.readouterr()
        status = entry.main()
        return Result(status, *self._capfd.readouterr())

    def process(self, *words: str) -> subprocess.Popen[str]:
        """As a program of its own."""
        code = "import sys; from fleet.ctl.main import main; sys.exit(main())"
        return subprocess.Popen(
            [sys.executable, "-c", code, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
        )

    def write(self, name: str, text: str = SERVICE) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path


class BecameError(Exception):
    """fleetctl has turned into another program."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        super().__init__(arguments)
        self.arguments = arguments
        self.environment = environment


def program(path: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program on the PATH that is this shell script."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")
