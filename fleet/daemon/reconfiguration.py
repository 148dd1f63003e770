"""SIGHUP: a new configuration for a fleetd that runs. Units, sockets and waiting clients notice nothing of it."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from fleet.daemon.config import Config, ConfigError
from fleet.daemon.credentials import Credentials
from fleet.daemon.daemon import Daemon
from fleet.daemon.machine import default_address

log = logging.getLogger(__name__)

_AT_START = ("etcd_key_prefix", "units_directory", "systemd_user", "fence")
_OF_ETCD = ("etcd_servers", "etcd_request_timeout")


class Reconfiguration:
    """Keeps what a fleetd was told last.

    A fence goes by the TTL of its start: where it were shortened, a fleetd that hangs between telling etcd and telling
    the supervisor would have units run longer than its entry is there.
    """

    def __init__(self, daemon: Daemon, config: Config, load: Callable[[], Config]) -> None:
        self._daemon = daemon
        self._config = config
        self._load = load
        self._reloads: set[asyncio.Task[None]] = set()
        self._credentials = Credentials.read(config)

    def begin(self) -> None:
        """Reload, while fleetd goes on."""
        task = asyncio.ensure_future(self.reload())
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def reload(self) -> None:
        """Read the configuration again and follow it; one that cannot be followed changes nothing."""
        log.info("Reloading configuration")
        try:
            config = self._load()
            credentials = Credentials.read(config)
            self._follow_etcd(config, credentials)
        except (ConfigError, ValueError, OSError) as error:
            log.error("the configuration cannot be reloaded, so the old one stays: %s", error)
            return
        old = self._config
        for complaint in config.complaints:
            log.warning("%s", complaint)
        for key in _AT_START if not old.fence else (*_AT_START, "agent_ttl"):
            if getattr(config, key) != getattr(old, key):
                log.warning("config option %s takes effect when fleetd is started anew", key)
                config = replace(config, **{key: getattr(old, key)})
        self._config, self._credentials = config, credentials
        set_verbosity(config.verbosity)
        self._daemon.context.token_limit = config.token_limit
        self._daemon.engine.grace.last(config.agent_ttl)
        self._introduce(config)
        await self._daemon.election.stand(not config.disable_engine)

    def address_changed(self) -> None:
        """Tell the others where this machine is now, unless the operator has said it. Without a route it stays."""
        address = default_address()
        if address and not self._config.public_ip and address != self._daemon.identity.ip:
            log.info("this machine is at %s now", address)
            self._introduce(self._config)

    def _introduce(self, config: Config) -> None:
        daemon = self._daemon
        daemon.identity = daemon.identity.at(config.public_ip or default_address() or daemon.identity.ip)
        daemon.presence.become(daemon.identity, config.metadata, config.agent_ttl)

    def _follow_etcd(self, config: Config, credentials: Credentials) -> None:
        if credentials != self._credentials or any(
            getattr(config, key) != getattr(self._config, key) for key in _OF_ETCD
        ):
            self._daemon.etcd.turn_to(config.etcd_servers, config.etcd_request_timeout, credentials)


def set_verbosity(verbosity: int) -> None:
    """Log everything from 1 on."""
    logging.getLogger().setLevel(logging.DEBUG if verbosity > 0 else logging.INFO)
