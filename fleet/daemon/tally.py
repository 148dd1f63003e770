"""How often something was done, how long that took and how often it failed, by what it was."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic


class Tally:
    """Counts since fleetd was started."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """Count what happens inside; an error is a failure."""
        began = monotonic()
        try:
            yield
        except Exception:
            self.failed[what] += 1
            raise
        finally:
            self.done[what] += 1
            self.seconds[what] += monotonic() - began  # type: ignore[assignment]
