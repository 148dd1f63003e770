"""systemd's daemon-reload, once for all who ask while another is running: it costs seconds on a busy machine."""

import asyncio

from fleet.daemon.systemd import Systemd, SystemdError


class Reloader:
    """Everybody who asks gets a reload that began after the question."""

    def __init__(self, systemd: Systemd) -> None:
        self._systemd = systemd
        self._running = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None

    async def reload(self) -> None:
        """Return when systemd has read all unit files since."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._reload())
        await asyncio.shield(self._next)

    async def _reload(self) -> None:
        async with self._running:
            self._next = None  # who asks from now on may have written a file too late for this one
            try:
                await self._systemd.reload()
            except SystemdError:
                await self._systemd.reload()
