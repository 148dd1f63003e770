"""This machine's entry in the registry: there as long as fleetd beats, and for one `agent_ttl` after."""

import asyncio
import logging
import math
from collections.abc import Mapping

from fleet.daemon.entities import Machine
from fleet.daemon.etcd import Unavailable
from fleet.daemon.lease import RETRY_DELAY, Lease
from fleet.daemon.machine import Identity
from fleet.daemon.registry import Registry

log = logging.getLogger(__name__)


class Usurped(RuntimeError):
    """Another fleetd has taken over this machine's entry."""


class Presence:
    """Registers the machine and keeps it registered. `lease` is 0 while it is not.

    A fleetd that comes back within the TTL takes its predecessor's entry over at once, so nobody sees the machine go.
    An entry of the same machine id at another address belongs to a living twin: it is waited for, and said so.
    """

    def __init__(self, registry: Registry, identity: Identity, metadata: Mapping[str, str], agent_ttl: float) -> None:
        self._registry = registry
        self._mirror = registry.mirror
        self._me = Machine(identity.id, identity.ip, identity.hostname, identity.instance, metadata)
        self._ttl = math.ceil(agent_ttl)
        self._lease: Lease | None = None

    @property
    def lease(self) -> int:
        """The lease to which everything is bound that shall vanish with this machine."""
        return self._lease.id if self._lease else 0

    async def run(self) -> None:
        """Stay registered, for ever; raises Usurped."""
        while True:
            try:
                await self._without_twin()
                lease = await Lease.grant(self._registry.etcd, self._ttl)
                await self._registry.announce(self._me, lease.id)
            except Unavailable:
                await asyncio.sleep(RETRY_DELAY)
                continue
            log.info("machine %s registered at %s", self._me.id, self._me.ip or "an unknown address")
            self._set(lease)
            await self._beat(lease)
            log.warning("machine %s lost its lease: registering again", self._me.id)

    async def leave(self) -> None:
        """Take the machine out of the registry now, with all that is bound to it."""
        lease = self._lease
        self._set(None)
        if lease is not None:
            await lease.revoke()

    def _set(self, lease: Lease | None) -> None:
        self._lease = lease
        self._mirror.tell()

    async def _beat(self, lease: Lease) -> None:
        beating, guarding = asyncio.ensure_future(lease.hold()), asyncio.ensure_future(self._guard())
        try:
            await asyncio.wait({beating, guarding}, return_when=asyncio.FIRST_COMPLETED)
            for one in (beating, guarding):
                if one.done():
                    one.result()
        finally:
            beating.cancel()
            guarding.cancel()

    async def _guard(self) -> None:
        """Returns when the entry is gone; raises Usurped when it has become another's."""
        while True:
            entry = self._mirror.snapshot.machines.get(self._me.id)
            if self._mirror.fresh and entry is None:
                return
            if self._mirror.fresh and entry is not None and entry.instance != self._me.instance:
                raise Usurped(f"another fleetd at {entry.ip or 'an unknown address'} took over machine {self._me.id}")
            await self._mirror.change()

    async def _without_twin(self) -> None:
        """Wait for the registry, and then as long as another machine of this id lives."""
        await self._mirror.seen(0)
        told = False
        while (entry := self._mirror.snapshot.machines.get(self._me.id)) is not None:
            if entry.ip == self._me.ip or entry.instance == self._me.instance:
                return
            if not told:
                log.error("machine id %s is in use by %s at %s: waiting", self._me.id, entry.label, entry.ip)
                told = True
            await self._mirror.change()
