"""What the unit's journal is told: a line each, and the same line not again and again."""

from __future__ import annotations

import sys
import time


def say(text: str) -> None:
    """Write one line, at once, to where `docker run` hands it to the journal."""
    print(text, file=sys.stderr, flush=True)


class Repeated:
    """Says a line when it is news, and again when `every` seconds have passed without news."""

    def __init__(self, every: float = 60.0) -> None:
        self._every = every
        self._last = ""
        self._at = 0.0

    def say(self, text: str) -> None:
        """Say the line, unless it has just been said."""
        now = time.monotonic()
        if text != self._last or now - self._at >= self._every:
            say(text)
            self._last, self._at = text, now
