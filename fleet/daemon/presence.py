"""This machine's entry in the registry: there as long as fleetd beats, and for one `agent_ttl` after."""

import asyncio
import logging
import math
from collections.abc import Mapping
from dataclasses import replace

from fleet.daemon.entities import Machine
from fleet.daemon.etcd import Unavailable
from fleet.daemon.fencing import Fence
from fleet.daemon.lease import RETRY_DELAY, Lease
from fleet.daemon.machine import Identity
from fleet.daemon.race import until_first
from fleet.daemon.registry import Registry

log = logging.getLogger(__name__)


class Usurped(RuntimeError):
    """Another fleetd has taken over this machine's entry."""


class Presence:
    """Registers the machine and keeps it registered. `lease` is 0 while it is not.

    A fleetd that comes back within the TTL takes its predecessor's entry over at once, so nobody sees the machine go.
    An entry of the same machine id at another address belongs to a living twin: it is waited for, and said so.
    The fence is told how long the entry is sure to be there. `lost_at` is when it was lost, a time of the event loop.
    """

    def __init__(
        self,
        registry: Registry,
        identity: Identity,
        metadata: Mapping[str, str],
        agent_ttl: float,
        fence: Fence | None = None,
    ) -> None:
        self._registry = registry
        self._mirror = registry.mirror
        self._lease: Lease | None = None
        self._newest: Lease | None = None
        self._outdated = asyncio.Event()
        self._announcing = asyncio.Lock()
        self._leaving = False
        self.lost_at = float("-inf")
        self.fence = fence or Fence.none()
        self.become(identity, metadata, agent_ttl)

    def become(self, identity: Identity, metadata: Mapping[str, str], agent_ttl: float) -> None:
        """Say something else about this machine, at once if it is registered."""
        self._me = Machine(identity.id, identity.ip, identity.hostname, identity.instance, metadata, self._leaving)
        self._ttl = math.ceil(agent_ttl)
        self._outdated.set()

    @property
    def lease(self) -> int:
        """The lease to which everything is bound that shall vanish with this machine."""
        return self._lease.id if self._lease else 0

    @property
    def may_start(self) -> bool:
        """Whether this machine is registered, and may start units by its fence."""
        return self._lease is not None and self.fence.open

    async def run(self) -> None:
        """Stay registered, for ever; raises Usurped."""
        while True:
            try:
                await self._without_twin()
                self._outdated.clear()
                lease = await Lease.grant(self._registry.etcd, self._ttl)
                self._newest = lease
                await self._announce(lease)
            except Unavailable:
                await asyncio.sleep(RETRY_DELAY)
                continue
            log.info("machine %s registered at %s", self._me.id, self._me.ip or "an unknown address")
            await self._beat(lease)
            if not self._outdated.is_set():
                self._set(None)
                self.fence.lost()
                log.warning("machine %s lost its lease: registering again", self._me.id)

    async def say_farewell(self) -> None:
        """Have nothing placed on this machine any more, as far as etcd can be told."""
        self._leaving = True
        self._me = replace(self._me, leaving=True)
        try:
            async with self._announcing:  # a registration that is under way would take it back
                if self._lease is not None:
                    await self._registry.announce(self._me, self._lease.id)
        except Unavailable as error:
            log.warning("nobody can be told that this machine leaves: %s", error)

    async def _announce(self, lease: Lease) -> None:
        async with self._announcing:
            await self._registry.announce(self._me, lease.id)
            self.fence.proven(lease.sent, lease.ttl)
            self._set(lease)

    async def leave(self) -> None:
        """Take the machine out of the registry now, with all that is bound to it."""
        leases = {self._lease, self._newest}  # a newer one may just have been about to carry the entry
        self._set(None)
        for lease in leases:
            if lease is not None:
                await lease.revoke()

    def _set(self, lease: Lease | None) -> None:
        if lease is None:
            self.lost_at = asyncio.get_running_loop().time()
        self._lease = lease
        self._mirror.tell()

    def _keep(self, lease: Lease) -> None:
        was_open = self.fence.open
        self.fence.proven(lease.sent, lease.ttl)
        if (self.fence.open and not was_open) or self.fence.has_stopped:
            self._mirror.tell()  # the agent has something to start

    async def _beat(self, lease: Lease) -> None:
        """Keep the lease until it is lost, or something else is to be said; a new one will carry that, too."""
        await until_first(lease.hold(self._keep, say_when_silent=True), self._guard(), self._outdated.wait())

    async def _guard(self) -> None:
        """Returns when the entry is gone; raises Usurped when it has become another's."""
        while True:
            entry = self._mirror.snapshot.machines.get(self._me.id)
            if self._mirror.fresh and entry is None:
                return
            if self._mirror.fresh and entry is not None and entry.instance != self._me.instance:
                raise Usurped(f"another fleetd at {entry.ip or 'an unknown address'} took over machine {self._me.id}")
            await self._mirror.change()

    def _is_mine(self, entry: Machine) -> bool:
        """Whether an earlier fleetd of this machine made the entry: an unknown address tells nobody apart."""
        here = entry.ip == self._me.ip and (entry.ip or entry.hostname == self._me.hostname)
        return bool(here) or entry.instance == self._me.instance

    async def _without_twin(self) -> None:
        """Wait for the registry, and then as long as another machine of this id lives."""
        await self._mirror.seen(0)
        told = False
        while (entry := self._mirror.snapshot.machines.get(self._me.id)) is not None:
            if self._is_mine(entry):
                return
            if not told:
                log.error("machine id %s is in use by %s at %s: waiting", self._me.id, entry.label, entry.ip)
                told = True
            await self._mirror.change()
