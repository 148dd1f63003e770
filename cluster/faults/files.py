"""Bad things done to a machine's files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.faults.fault import Fault, injected
from cluster.faults.order import Order
from cluster.machine import Machine

EXCHANGE = """
import ctypes, os, sys
libc, here, (one, other) = ctypes.CDLL(None, use_errno=True), -100, map(os.fsencode, sys.argv[1:])
if libc.renameat2(here, one, here, other, 2):
    sys.exit(os.strerror(ctypes.get_errno()))
"""
"""Exchanges two names at one blow, by renameat2(2) with RENAME_EXCHANGE: were there nothing for a moment, docker would
make an empty folder for who is started just then."""


class HideFolder(Fault):
    """A file stands in the place of a folder; healed, the folder is there again, with all that it had.

    Who has it open already goes on with it; who opens it finds no folder.
    """

    def __init__(self, machine: Machine, folder: str) -> None:
        self.order = Order("hide-folder", machine.name, {"folder": folder})
        self._machine, self._folder, self._aside = machine, folder, f"{folder}.aside"

    def inject(self) -> None:
        """Put a file in the folder's place."""
        words = self._aside, self._aside, EXCHANGE, self._aside, self._folder
        self._machine.run("test ! -d %s && sudo touch %s && sudo python3 -c %s %s %s", *words)

    def bites(self) -> None:
        """See that there is no such folder."""
        assert not self._is_there(), f"{self._folder} is still there"

    def heal(self) -> None:
        """Move it back, where it was moved aside."""
        words = self._aside, self._folder, EXCHANGE, self._aside, self._folder, self._aside, self._aside
        self._machine.run(
            "if test -d %s && ! test -d %s; then sudo python3 -c %s %s %s; fi && if test -f %s; then sudo rm %s; fi",
            *words,
        )

    def healed(self) -> None:
        """See that the folder is there."""
        assert self._is_there(), f"{self._folder} is not back"

    def _is_there(self) -> bool:
        return self._machine.run("test -d %s", self._folder, check=False).ok


@contextmanager
def unusable(machine: Machine, folder: str) -> Iterator[None]:
    """Have a file in the place of a folder inside the block; then the folder is there again: see HideFolder."""
    with injected(HideFolder(machine, folder)):
        yield
