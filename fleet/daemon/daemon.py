"""fleetd, put together: the parts, their tasks, and how it ends."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from fleet.daemon.agent import Agent
from fleet.daemon.api.app import application
from fleet.daemon.api.context import Context
from fleet.daemon.config import Config
from fleet.daemon.credentials import Credentials
from fleet.daemon.election import Election
from fleet.daemon.engine import Engine
from fleet.daemon.etcd import Etcd
from fleet.daemon.fencing import Fence
from fleet.daemon.machine import Identity
from fleet.daemon.metrics import exposition
from fleet.daemon.mirror import Mirror
from fleet.daemon.presence import Presence
from fleet.daemon.publisher import Publisher
from fleet.daemon.registry import Registry
from fleet.daemon.server import Server
from fleet.daemon.store import Store
from fleet.daemon.systemd import Systemd, SystemdError

log = logging.getLogger(__name__)

Handler = Callable[[], object]

FAREWELL = 100.0  # seconds at most for stopping the units when the machine leaves: systemd gives each of them 90
LAST_WORDS = 2.0  # seconds at most for telling etcd: it may be gone already


class Daemon:
    """One fleetd: `run` it, and `end` what runs."""

    def __init__(self, config: Config, identity: Identity, systemd: Systemd, fence: Fence | None = None) -> None:
        self._systemd = systemd
        self.identity = identity
        self.etcd = Etcd(config.etcd_servers, config.etcd_request_timeout, Credentials.read(config))
        self.mirror = Mirror(self.etcd, config.etcd_key_prefix)
        self.registry = Registry(self.etcd, config.etcd_key_prefix, self.mirror)
        self.fence = fence or Fence.of(config)
        self.presence = Presence(self.registry, identity, config.metadata, config.agent_ttl, self.fence)
        self.election = Election(self.registry, identity.id)
        self.engine = Engine(identity.id, self.registry, self.election, config.agent_ttl)
        self.agent = Agent(identity.id, self.mirror, self.presence, systemd, Store(config.units_directory))
        self.publisher = Publisher(identity.id, self.registry, self.presence, systemd, self.agent)
        self.context = Context(self.registry, self.presence, config.token_limit)
        self.server = Server(application(self.context, lambda: exposition(self)))
        self._stands = not config.disable_engine

    async def run(self) -> None:
        """Work; raises what no part can cope with."""
        await self.fence.set_up(self._systemd)
        await self.election.stand(self._stands)
        async with asyncio.TaskGroup() as tasks:
            for part in (self.mirror, self.presence, self.agent, self.publisher, self.election, self.engine):
                tasks.create_task(part.run())

    async def end(self, running: asyncio.Future[None]) -> None:
        """End what `run` began. What a stop means depends on what systemd was asked for.

        `systemctl restart fleet`, a crash or a plain signal leave the units running and the machine in the registry:
        the next fleetd takes both over within the TTL. `systemctl stop fleet`, and a shutdown, are a farewell: the
        units stop, then the machine leaves the registry, so that they start elsewhere. Until they have stopped, the
        heartbeat goes on, or they would run twice. If they do not stop, it is no farewell: the entry is left to expire.
        """
        leaving = await self._shall_leave() and await self._stop_units()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        try:
            async with asyncio.timeout(LAST_WORDS):
                await asyncio.gather(self.election.resign(), *([self.presence.leave()] if leaving else []))
        except TimeoutError:
            log.warning("etcd is not available: what this machine holds there expires by itself")
        await self.etcd.close()

    async def _shall_leave(self) -> bool:
        try:
            job = await self._systemd.own_job()
        except SystemdError as error:
            log.warning("systemd does not tell why fleetd shall end (%s)", error)
            job = ""
        if job == "stop":
            log.info("fleetd leaves: units of this machine go elsewhere")
        else:
            log.info("fleetd ends (%s): units stay, the machine is expected back", job or "no job of systemd")
        return job == "stop"

    async def _stop_units(self) -> bool:
        """Whether all units have stopped, and are unloaded."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await self.presence.say_farewell()
        try:
            async with asyncio.timeout(FAREWELL):
                await self.agent.unload_all()
        except TimeoutError:
            log.error("units did not stop within %.0f s", FAREWELL)
        if self.agent.held:
            log.error("still here: %s", " ".join(self.agent.held))
        return not self.agent.held


async def serve(
    daemon: Daemon, sockets: Sequence[socket.socket], ready: asyncio.Event, on: Mapping[signal.Signals, Handler]
) -> int:
    """Run until SIGTERM or SIGINT, calling what is to be called `on` other signals; the exit status."""
    stop = asyncio.Event()
    for number, handler in {**on, signal.SIGTERM: stop.set, signal.SIGINT: stop.set}.items():
        asyncio.get_running_loop().add_signal_handler(number, handler)
    await daemon.server.start(sockets)
    ready.set()
    running = asyncio.ensure_future(daemon.run())
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await daemon.server.stop()
    if running.done():
        running.result()
        return 1
    await daemon.end(running)
    return 0
