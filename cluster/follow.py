"""A command whose output is followed while it runs, such as `fleetctl journal -f`."""

from __future__ import annotations

import threading
from types import TracebackType

from cluster.machine import Machine


class Following:
    """A context manager: the command runs inside the block, and `lines` has what it has printed so far."""

    def __init__(self, machine: Machine, command: str) -> None:
        self.command = command
        self._process = machine.stream(command)
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, name=f"following {command}", daemon=True)

    @property
    def lines(self) -> list[str]:
        """What the command has printed so far."""
        return list(self._lines)

    @property
    def goes_on(self) -> bool:
        """Whether the command has not ended by itself."""
        return self._process.poll() is None

    def __enter__(self) -> Following:
        self._reader.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)
        self._reader.join(timeout=10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line.rstrip("\n"))
