"""The values of a benchmark's figures, as they come."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from cluster.bench.figures import FIGURES
from cluster.say import Say

UNITS = {figure.name: figure.unit for figure in FIGURES}


class Stopwatch:
    """Takes values and tells each; `figures` has them by name, one a run."""

    def __init__(self, say: Say) -> None:
        self.figures: dict[str, list[float]] = {name: [] for name in UNITS}
        self._say = say

    def note(self, name: str, value: float) -> None:
        """Take a value, in the unit of its figure; a name that is no figure's is a mistake."""
        self.figures[name].append(value)
        self._say(f"{name}: {value:.2f} {UNITS[name]}")

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        """Take how long the block took, unless it failed."""
        began = time.monotonic()
        yield
        self.note(name, time.monotonic() - began)
