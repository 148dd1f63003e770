"""fleetd: the command."""

import asyncio
import logging
import os
import sys

from fleet.daemon.bus import SystemdBus
from fleet.daemon.config import Config, ConfigError
from fleet.daemon.daemon import Daemon, serve
from fleet.daemon.machine import Identity, NoIdentity
from fleet.daemon.notify import inherited_sockets, notify, report_alive
from fleet.model.version import FOLLOWS

log = logging.getLogger("fleetd")


def main() -> int:
    """Run fleetd; the exit status: 0 after a signal, 1 for whatever kept it from working."""
    arguments = sys.argv[1:]
    if arguments in (["version"], ["-version"], ["--version"]):
        print(f"fleetd version {FOLLOWS}")
        return 0
    try:
        config = Config.load(arguments, os.environ)
        identity = Identity.read(config)
    except (ConfigError, NoIdentity) as error:
        print(f"fleetd: {error}", file=sys.stderr)
        return 1
    _set_up_logging(config.verbosity)
    for complaint in config.complaints:
        log.error("%s", complaint)
    try:
        return asyncio.run(_run(config, identity))
    except Exception as failure:
        for one in _leaves(failure):
            log.error("fleetd ends: %s: %s", type(one).__name__, one, exc_info=one if config.verbosity else None)
        return 1


async def _run(config: Config, identity: Identity) -> int:
    systemd = await SystemdBus.connect(config.systemd_user)
    daemon = Daemon(config, identity, systemd)
    lost = asyncio.ensure_future(systemd.run())
    ready = asyncio.Event()
    serving = asyncio.ensure_future(serve(daemon, inherited_sockets(os.environ), ready))
    await asyncio.wait({asyncio.ensure_future(ready.wait()), serving}, return_when=asyncio.FIRST_COMPLETED)
    if ready.is_set():
        notify("READY=1", os.environ)
    alive = asyncio.ensure_future(report_alive(os.environ))
    await asyncio.wait({lost, serving}, return_when=asyncio.FIRST_COMPLETED)
    if lost.done():
        serving.cancel()
        await lost
    status = await serving
    alive.cancel()
    return status


def _set_up_logging(verbosity: int) -> None:
    level = logging.DEBUG if verbosity > 0 else logging.INFO
    logging.basicConfig(level=level, stream=sys.stdout, format="%(levelname)s %(message)s")


def _leaves(failure: BaseException) -> list[BaseException]:
    """The errors themselves, out of however many groups."""
    if not isinstance(failure, BaseExceptionGroup):
        return [failure]
    return [leaf for one in failure.exceptions for leaf in _leaves(one)]
