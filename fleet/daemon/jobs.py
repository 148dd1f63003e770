"""What systemd says of its jobs and units, for those who wait for the next word about one of them."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

_REMEMBERED = 512


class Jobs:
    """The jobs that are over, as far back as replies may be late, and who listens to which object."""

    def __init__(self) -> None:
        self._over: OrderedDict[str, None] = OrderedDict()
        self._listening: dict[str, set[asyncio.Event]] = {}

    def is_over(self, job: str) -> bool:
        """Whether systemd has said that this job is over."""
        return job in self._over

    def end(self, job: str) -> None:
        """A job is over. The signal may be handled before the reply that names the job."""
        self._over[job] = None
        if len(self._over) > _REMEMBERED:
            self._over.popitem(last=False)
        self.hear(job)

    def hear(self, path: str) -> None:
        """Something was said about an object."""
        for news in self._listening.get(path, ()):
            news.set()

    @contextmanager
    def news_of(self, *paths: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever something is said of one of these objects."""
        news = asyncio.Event()
        for path in paths:
            self._listening.setdefault(path, set()).add(news)
        try:
            yield news
        finally:
            for path in paths:
                listening = self._listening[path]
                listening.discard(news)
                if not listening:
                    del self._listening[path]
