"""A lease of etcd and the heartbeat that keeps it."""

import asyncio

from fleet.daemon.etcd import Etcd, Unavailable

HEARTBEAT = 1.0  # seconds at most between two beats: they also find out that a connection is dead
RETRY_DELAY = 0.2  # seconds between attempts while etcd refuses connections


class Lease:
    """Something that others see vanish `ttl` seconds after this process stopped beating."""

    def __init__(self, etcd: Etcd, lease_id: int, ttl: int) -> None:
        self.id = lease_id
        self._etcd = etcd
        self._interval = min(HEARTBEAT, ttl / 5)

    @classmethod
    async def grant(cls, etcd: Etcd, ttl: int) -> "Lease":
        """A new lease; raises Unavailable."""
        return cls(etcd, await etcd.grant(ttl), ttl)

    async def hold(self) -> None:
        """Keep it alive; returns when it has expired in spite of that. An outage of etcd alone expires nothing."""
        while True:
            try:
                if not await self._etcd.keep_alive(self.id):
                    return
                await asyncio.sleep(self._interval)
            except Unavailable:
                await asyncio.sleep(RETRY_DELAY)

    async def revoke(self) -> None:
        """End it now, as far as etcd can be reached: else it expires by itself."""
        try:
            await self._etcd.revoke(self.id)
        except Exception:
            return
