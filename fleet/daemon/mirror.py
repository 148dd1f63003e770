"""The registry in memory: one read, then one watch, and again from the start whenever the watch is lost.

Everybody in fleetd looks at this copy and acts when it changes. Nobody acts on it while it is not `fresh`: a machine
that was cut off learns what happened before it touches anything.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing

from fleet.daemon.etcd import Etcd, KeyValue, Unavailable
from fleet.daemon.lease import RETRY_DELAY
from fleet.daemon.snapshot import Assembly, Snapshot

log = logging.getLogger(__name__)


class Mirror:
    """The newest snapshot, and whether it is kept current.

    `fresh_since` and `lost_at` are times of the event loop, `outage` the seconds between the last loss and the return;
    the time before the first connection counts as lost, for ever so long.
    """

    def __init__(self, etcd: Etcd, prefix: str) -> None:
        self.snapshot = Snapshot()
        self.fresh = False
        self.fresh_since = 0.0
        self.outage = float("inf")
        self.lost_at = asyncio.get_running_loop().time()
        self._etcd = etcd
        self._prefix = prefix
        self._troubles: set[str] = set()
        self._assembly = Assembly()
        self._listeners: list[Callable[[], object]] = []
        self._deciders: list[Callable[[], object]] = []
        self._turn: asyncio.Future[None] | None = None

    def listen(self, listener: Callable[[], object], *, states: bool = True) -> None:
        """Call this after every change of the snapshot, of its freshness, or of the machine's own registration.

        Without `states` not when nothing but the states of units has changed, which is often, and decides nothing.
        """
        (self._listeners if states else self._deciders).append(listener)

    async def change(self) -> None:
        """Wait for the next change."""
        if self._turn is None or self._turn.done():
            self._turn = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._turn)

    async def seen(self, revision: int) -> Snapshot:
        """The snapshot, once it is at that revision or later."""
        while not (self.fresh and self.snapshot.revision >= revision):
            await self.change()
        return self.snapshot

    async def run(self) -> None:
        """Keep the copy current, for ever."""
        while True:
            try:
                await self._follow()
            except Unavailable as error:
                self._lose(str(error))
            await asyncio.sleep(RETRY_DELAY)

    async def _follow(self) -> None:
        reading = await self._etcd.read(self._prefix)
        self._assembly = Assembly()
        self._gain()
        self._take(reading.items, reading.revision)
        async with aclosing(self._etcd.watch(self._prefix, reading.revision + 1)) as changes:
            async for change in changes:
                self._take(change, change[-1].revision)

    def _gain(self) -> None:
        now = asyncio.get_running_loop().time()
        self.outage = now - self.lost_at if self.fresh_since else float("inf")
        self.fresh_since = now
        self.fresh = True
        self._troubles.clear()
        log.info("registry: connected to etcd")

    def _lose(self, why: str) -> None:
        if why not in self._troubles:  # several endpoints have several, by turns
            log.warning("registry: etcd is not available (%s): nothing is changed until it is back", why)
            self._troubles.add(why)
        if self.fresh:
            self.fresh = False
            self.lost_at = asyncio.get_running_loop().time()
            self.tell()

    def _take(self, items: tuple[KeyValue, ...], revision: int) -> None:
        cut = len(self._prefix)
        self._assembly.apply(item._replace(key=item.key[cut:]) for item in items)
        before, self.snapshot = self.snapshot, self._assembly.snapshot(revision)
        self.tell(states_only=self.snapshot.decides_like(before))

    def tell(self, *, states_only: bool = False) -> None:
        """Wake all who wait for a change."""
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)
        for listener in (*self._listeners, *(() if states_only else self._deciders)):
            listener()
