"""Somebody who looks again and again, in a thread of its own, until told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cluster import history

ENDS = 15.0
"""Seconds that the last look may take."""

CATCHES_UP = 45.0
"""Seconds that a look under way may take for who catches up: a journal's first one waits 30 s for the clocks."""


class Observer:
    """Looks, then waits; begins when it is made. Its begin and its end are told; a failure, of what, is its end."""

    def __init__(
        self, name: str, look: Callable[[], None], every: float, close: Callable[[], None] = lambda: None, *, last: bool
    ) -> None:
        """Take what looks, the seconds between two looks, what is done when it looks no more, and if it looks at last.

        A last look is for what tells all that has happened; what only tells how things are now can do without.
        """
        self.name, self._look, self._every, self._close, self._last = name, look, every, close, last
        self._told = threading.Event()
        self._looking = threading.Lock()
        self._failed = False
        history.tell("observer", name=name, phase="begin")
        self._thread = threading.Thread(target=self._run, name=f"observer {name}", daemon=True)
        self._thread.start()

    def catch_up(self) -> None:
        """Look now, and return when it is told: for who judges what has happened so far. Does nothing without need.

        Where the look under way does not end, that is told, and is this observer's end: nobody relies on what it saw.
        """
        if not self._last or self._failed:
            return
        if not self._looking.acquire(timeout=CATCHES_UP):
            self.give_up(f"a look had no end in {CATCHES_UP:.0f} s")
            return
        try:
            self._look_once()
        finally:
            self._looking.release()

    def give_up(self, why: str) -> None:
        """Tell that it has failed, and why, unless it has; it looks no more."""
        if not self._failed:
            self._failed = True
            history.tell("observer", name=self.name, phase="failed", why=why)

    def stop(self) -> None:
        """End it, after the look that is under way, and the last one."""
        self._told.set()
        self._thread.join(timeout=ENDS)
        if self._thread.is_alive():
            self.give_up(f"a look has had no end for {ENDS:.0f} s")
        elif not self._failed:
            history.tell("observer", name=self.name, phase="end")

    def ask_to_stop(self) -> None:
        """Have it end soon: for who has several to stop."""
        self._told.set()

    def _run(self) -> None:
        try:
            while not self._told.is_set() and self._looked():
                self._told.wait(self._every)
            if self._last:
                self._looked()
        finally:
            self._close()

    def _looked(self) -> bool:
        with self._looking:
            return self._look_once()

    def _look_once(self) -> bool:
        """Look, unless it has failed before; return whether it still can."""
        if not self._failed:
            try:
                self._look()
            except Exception as error:
                self.give_up(f"{type(error).__name__}: {error}")
        return not self._failed
