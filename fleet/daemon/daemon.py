"""fleetd, put together: the parts, their tasks, and how it ends."""

import asyncio
import logging
import signal
import socket
from collections.abc import Sequence

from fleet.daemon.agent import Agent
from fleet.daemon.api.app import application
from fleet.daemon.api.context import Context
from fleet.daemon.config import Config
from fleet.daemon.election import Election
from fleet.daemon.engine import Engine
from fleet.daemon.etcd import Etcd
from fleet.daemon.machine import Identity
from fleet.daemon.mirror import Mirror
from fleet.daemon.presence import Presence
from fleet.daemon.publisher import Publisher
from fleet.daemon.registry import Registry
from fleet.daemon.server import Server
from fleet.daemon.store import Store
from fleet.daemon.systemd import Systemd, SystemdError

log = logging.getLogger(__name__)

FAREWELL = 60.0  # seconds at most for stopping the units when the machine leaves


class Daemon:
    """One fleetd. `run` it until it is cancelled, then `leave` or `pause`."""

    def __init__(self, config: Config, identity: Identity, systemd: Systemd) -> None:
        self._systemd = systemd
        self.etcd = Etcd(config.etcd_servers, config.etcd_request_timeout)
        self.mirror = Mirror(self.etcd, config.etcd_key_prefix)
        self.registry = Registry(self.etcd, config.etcd_key_prefix, self.mirror)
        self.presence = Presence(self.registry, identity, config.metadata, config.agent_ttl)
        self.election = Election(self.registry, identity.id)
        self.engine = Engine(self.registry, self.election, config.agent_ttl)
        self.agent = Agent(identity.id, self.mirror, self.presence, systemd, Store(config.units_directory))
        self.publisher = Publisher(identity.id, self.registry, self.presence, systemd, self.agent)
        self.server = Server(application(Context(self.registry, self.presence, config.token_limit)))
        self._runs_engine = not config.disable_engine

    async def run(self) -> None:
        """Work; raises what no part can cope with."""
        async with asyncio.TaskGroup() as tasks:
            parts = [self.mirror.run(), self.presence.run(), self.agent.run(), self.publisher.run()]
            parts += [self.election.run(), self.engine.run()] if self._runs_engine else []
            for part in parts:
                tasks.create_task(part)

    async def end(self) -> None:
        """What a stop means depends on what systemd was asked for.

        `systemctl restart fleet`, a crash or a plain signal leave the units running and the machine in the registry:
        the next fleetd takes both over within the TTL. `systemctl stop fleet`, and a shutdown, are a farewell.
        """
        try:
            job = await self._systemd.own_job()
        except SystemdError as error:
            log.warning("systemd does not tell why fleetd shall end (%s)", error)
            job = ""
        if job == "stop":
            await self.leave()
        else:
            log.info("fleetd ends (%s): units stay, the machine is expected back", job or "no job of systemd")
            await self.pause()

    async def leave(self) -> None:
        """Stop the units of this machine, then take it out of the registry, so that they start elsewhere."""
        log.info("fleetd leaves: units of this machine go elsewhere")
        try:
            async with asyncio.timeout(FAREWELL):
                await self.agent.unload_all()
        except TimeoutError:
            log.error("units did not stop within %.0f s", FAREWELL)
        await self.presence.leave()
        await self.pause()

    async def pause(self) -> None:
        """End without a trace: only the engine's office goes to another machine."""
        await self.election.resign()
        await self.etcd.close()


async def serve(daemon: Daemon, sockets: Sequence[socket.socket], ready: asyncio.Event) -> int:
    """Run until SIGTERM or SIGINT; the exit status."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await daemon.server.start(sockets)
    ready.set()
    running = asyncio.ensure_future(daemon.run())
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await daemon.server.stop()
    if running.done():
        running.result()
        return 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await daemon.end()
    return 0
