"""Serves the API on the sockets that systemd passed, or on a socket of its own."""

import socket
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

SOCKET = Path("/var/run/fleet.sock")


class Server:
    """The running API."""

    def __init__(self, app: web.Application) -> None:
        # A client that waits for a change must not hold up the end of fleetd.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)

    async def start(self, sockets: Sequence[socket.socket], path: Path = SOCKET) -> None:
        """Begin to answer; without sockets on `path`, for root and its group only."""
        await self._runner.setup()
        for one in sockets:
            await web.SockSite(self._runner, one).start()
        if not sockets:
            await web.UnixSite(self._runner, str(path)).start()
            path.chmod(0o660)

    async def stop(self) -> None:
        """Answer nobody any more."""
        await self._runner.cleanup()
