"""Bad things done to a machine's files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.machine import Machine


@contextmanager
def unusable(machine: Machine, folder: str) -> Iterator[None]:
    """Have a file in the place of a folder inside the block; then the folder is there again, with all that it had.

    Who has it open already goes on with it; who opens it finds no folder.
    """
    aside = f"{folder}.aside"
    try:
        machine.run("sudo mv %s %s && sudo touch %s", folder, aside, folder)
        assert not machine.run("test -d %s", folder, check=False).ok, f"{folder} is still there"
        yield
    finally:
        machine.run("if test -d %s; then sudo rm -rf %s && sudo mv %s %s; fi", aside, folder, aside, folder)
        assert machine.run("test -d %s", folder, check=False).ok, f"{folder} is not back"
