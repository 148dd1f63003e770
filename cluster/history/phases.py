"""The parts of a run, as the history is told of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.history.writer import tell

WORDS = 2000
"""How many characters are told of why a part failed."""


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Tell that a part of the run begins, and that it ends, or fails and why: `up`, `deploy`, `gate`, `down`, …."""
    tell("phase", name=name, phase="begin")
    try:
        yield
    except BaseException as error:
        tell("phase", name=name, phase="failed", why=f"{type(error).__name__}: {error}"[:WORDS])
        raise
    tell("phase", name=name, phase="end")
