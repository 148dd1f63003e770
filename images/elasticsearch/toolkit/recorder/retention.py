"""The retention: the indices of days that are too long ago go, where they are the recorder's own."""

from __future__ import annotations

import time
from collections.abc import Callable

from toolkit.settings import Settings

from .delivery import EVERY, day_index
from .indices import DAY, days_of, is_own, mapping_of, present_days
from .line import Answer, Line
from .state import State
from .teller import now

NEWEST = 2
"""Indices that stay whatever any clock says."""


class Retention:
    """Deletes the indices of days that are too long ago; asked by the master's own recorder only."""

    def __init__(self, settings: Settings, line: Line, today: Callable[[], int] = now) -> None:
        self._days, self._line, self._today = settings.marvel_retention_days, line, today
        self._next = 0.0
        self._foreign: set[str] = set()

    def tick(self, state: State) -> None:
        """Delete one index, if there is one that is too old: also one that a machine has brought back."""
        if not self._line.is_free or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY
        self._foreign &= state.indices
        today = min([self._today(), *present_days(state, self._days)[-1:]])  # a clock that is ahead would delete all
        oldest = day_index(today - self._days * DAY)
        name = next((name for name in days_of(state)[:-NEWEST] if name < oldest and name not in self._foreign), None)
        if name is not None:
            self._line.ask(mapping_of(name), lambda answer: self._came(name, answer), within=5.0)

    def _came(self, name: str, answer: Answer | None) -> None:
        owner = is_own(name, answer)
        if owner is False:
            self._foreign.add(name)
        if owner:
            self._line.ask(f"/{name}", lambda _answer: None, "DELETE", within=30.0)
