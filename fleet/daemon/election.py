"""Which machine's engine places units: the one that created the leader key."""

import asyncio
import logging
from collections.abc import Callable

from fleet.daemon.etcd import Put, Unavailable, Unchanged
from fleet.daemon.lease import RETRY_DELAY, Lease
from fleet.daemon.race import until_first
from fleet.daemon.registry import Registry

log = logging.getLogger(__name__)

# Shorter than any sensible agent_ttl: when a machine is declared dead, the leader that has to act lives already.
# Losing the office without need costs nothing, for every write of the engine is conditional.
LEADER_TTL = 3


class Election:
    """Campaigns whenever nobody leads. `leadership` is the condition under which this machine may write, or None."""

    def __init__(self, registry: Registry, machine_id: str) -> None:
        self.leadership: Unchanged | None = None
        self._stands = True
        self._has_led = False
        self._registry = registry
        self._mirror = registry.mirror
        self._machine_id = machine_id
        self._key = registry.key("leader")
        self._lease: Lease | None = None
        self._listeners: list[Callable[[], object]] = []

    def listen(self, listener: Callable[[], object]) -> None:
        """Call this when the office was won or lost."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Take part, for ever."""
        while True:
            try:
                await self._vacancy()
                if await self._campaign():
                    await self._serve()
            except Unavailable:
                await asyncio.sleep(RETRY_DELAY)

    async def stand(self, stands: bool) -> None:
        """Take part from now on, or not any more (`disable_engine`)."""
        self._stands = stands
        self._mirror.tell()
        if not stands:
            await self.resign()

    async def resign(self) -> None:
        """Leave the office to somebody else at once."""
        lease = self._lease
        self._set(None, None)
        if lease is not None:
            await lease.revoke()

    async def _vacancy(self) -> None:
        """Wait until nobody leads. What an earlier run of this machine's fleetd left behind counts as nobody.

        Only until this one has led: two machines of one id would else take the office from one another for ever.
        """
        nobody = ("",) if self._has_led else ("", self._machine_id)
        while not (self._stands and self._mirror.fresh) or self._mirror.snapshot.leader not in nobody:
            await self._mirror.change()

    async def _campaign(self) -> bool:
        vacant = Unchanged(self._key, self._mirror.snapshot.leader_revision)
        lease = await Lease.grant(self._registry.etcd, LEADER_TTL)
        commit = await self._registry.etcd.commit([Put(self._key, self._machine_id, lease.id)], only_if=[vacant])
        if not commit.succeeded:
            await lease.revoke()
            await self._mirror.seen(vacant.revision + 1)
            return False
        log.info("engine: this machine leads")
        await self._mirror.seen(commit.revision)
        self._has_led = True
        self._set(lease, Unchanged(self._key, commit.revision))
        return True

    async def _serve(self) -> None:
        """Stay in office until the lease or the key is lost, or this machine does not stand any more."""
        if self._lease is not None:
            await until_first(self._lease.hold(), self._deposed())
        log.warning("engine: leadership lost")
        await self.resign()

    async def _deposed(self) -> None:
        """Returns when the key is gone, or another's, though the lease lives: a hand took it, or a twin of this id."""
        while self._stands and self.leadership is not None:
            if self._mirror.fresh and self._mirror.snapshot.leader_revision != self.leadership.revision:
                return
            await self._mirror.change()

    def _set(self, lease: Lease | None, leadership: Unchanged | None) -> None:
        self._lease = lease
        self.leadership = leadership
        for listener in self._listeners:
            listener()
