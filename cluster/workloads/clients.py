"""Clients at work in the background: each is a thread that makes one request after another, and retries none."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from cluster.errors import InfraError
from cluster.eventually import eventually
from cluster.machine import Machine

PACE = 0.02
"""Seconds between two writes of a client."""

SLOWER = 0.1
"""Seconds between two reads of a client."""

ENDS = 120.0
"""Seconds that its last request may take."""


class Used(Protocol):
    """What a client works on."""

    @property
    def counts(self) -> dict[str, int]:
        """How many documents have each outcome."""

    def write(self, machine: Machine, process: str) -> object:
        """Write one document through a machine's node."""

    def read(self, machine: Machine, process: str) -> object:
        """Read one document through a machine's node."""


class Client:
    """Acts through one machine's node after another until told to stop; begins when it is made."""

    def __init__(
        self, name: str, act: Callable[[Machine, str], object], machines: Callable[[], Sequence[Machine]], pace: float
    ) -> None:
        self.name, self._act, self._machines, self._pace = name, act, machines, pace
        self._told = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it goes on: neither stopped, nor ended by a mistake."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End it, after the request that is under way; raises InfraError where it has ended by itself."""
        self._told.set()
        self._thread.join(timeout=ENDS)
        if self._thread.is_alive():
            raise InfraError(f"a request of {self.name} has had no end for {ENDS:.0f} s")
        if self._failure is not None:
            raise InfraError(f"{self.name} ended by itself: {self._failure!r}") from self._failure

    close = stop

    def _run(self) -> None:
        try:
            for turn in itertools.count():
                if self._told.wait(self._pace):
                    return
                if targets := self._machines():
                    self._act(targets[turn % len(targets)], self.name)
        except Exception as error:
            self._failure = error


class Writer(Client):
    """Writes to a ledger, one document after another."""

    def __init__(self, ledger: Used, machines: Callable[[], Sequence[Machine]], name: str = "writer-1") -> None:
        self._ledger = ledger
        super().__init__(name, ledger.write, machines, PACE)

    def wait_acked(self, more: int, within: float = 30) -> None:
        """Return when so many more writes, begun from now on or under way, have been acknowledged."""
        __tracebackhide__ = True
        ledger = self._ledger
        wanted = ledger.counts["acked"] + more
        eventually(f"{more} more writes are acknowledged", lambda: ledger.counts["acked"] >= wanted, within)


class Reader(Client):
    """Reads what was tried to be written to a ledger, one document after another."""

    def __init__(self, ledger: Used, machines: Callable[[], Sequence[Machine]], name: str = "reader-1") -> None:
        super().__init__(name, ledger.read, machines, SLOWER)
