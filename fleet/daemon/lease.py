"""A lease of etcd and the heartbeat that keeps it."""

import asyncio
import logging
from collections.abc import Callable

from fleet.daemon.etcd import Etcd, Unavailable
from fleet.fence.deadline import boottime

HEARTBEAT = 1.0  # seconds at most between two beats: they also find out that a connection is dead
log = logging.getLogger(__name__)

RETRY_DELAY = 0.2  # seconds between attempts while etcd refuses connections


class Lease:
    """Something that others see vanish `ttl` seconds after this process stopped beating.

    `sent` is when the last request was sent that it is known to live by: before its answer, so etcd counts from later.
    """

    def __init__(self, etcd: Etcd, lease_id: int, ttl: int, sent: float) -> None:
        self.id, self.ttl = lease_id, ttl
        self.sent = sent
        self._etcd = etcd
        self._interval = min(HEARTBEAT, ttl / 5)
        self._patience = ttl / 3

    @classmethod
    async def grant(cls, etcd: Etcd, ttl: int) -> "Lease":
        """A new lease; raises Unavailable."""
        sent = boottime()
        return cls(etcd, await etcd.grant(ttl), ttl, sent)

    async def hold(self, kept: Callable[["Lease"], object] | None = None, *, say_when_silent: bool = False) -> None:
        """Keep it alive; returns when it has expired in spite of that. An outage of etcd alone expires nothing.

        `kept` is called at every success.
        """
        now = asyncio.get_running_loop().time
        complain_at = now() + self._patience
        while True:
            try:
                sent = boottime()
                if not await self._etcd.keep_alive(self.id):
                    return
                complain_at = now() + self._patience
                self.sent = sent
                if kept is not None:
                    kept(self)
                await asyncio.sleep(self._interval)
            except Unavailable:
                if say_when_silent and now() >= complain_at:
                    # fleet's own words: scripts look for them.
                    log.error("Server monitor triggered: Monitor timed out before successful heartbeat")
                    complain_at = float("inf")
                await asyncio.sleep(RETRY_DELAY)

    async def revoke(self) -> None:
        """End it now, as far as etcd can be reached: else it expires by itself."""
        try:
            await self._etcd.revoke(self.id)
        except Exception:
            return
