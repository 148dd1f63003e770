"""A rest after work that grows with the cluster, so that it never takes more than a part of the time."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

REST = 2.0  # times as long as the work took


class Pace:
    """Whoever looks at everything on each change of anything looks once for many that come together.

    With a dozen units a rest is less than a millisecond. With a thousand, of which each is changed by a request of its
    own, whoever looked at all of them each time would do nothing else, and the last one would wait for minutes.
    """

    def __init__(self) -> None:
        self._took = 0.0

    async def rest(self) -> None:
        """Let changes gather for as long as the last look was long."""
        await asyncio.sleep(self._took * REST)

    @contextmanager
    def look(self) -> Iterator[None]:
        """A look, which waits for nothing."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._took = time.perf_counter() - began
