"""fleetd: the command."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable

from fleet.daemon.addresses import follow_addresses
from fleet.daemon.bus import SystemdBus
from fleet.daemon.config import Config, ConfigError
from fleet.daemon.daemon import Daemon, serve
from fleet.daemon.dump import dump
from fleet.daemon.machine import Identity, NoIdentity
from fleet.daemon.notify import inherited_sockets, notify, report_alive, take_name
from fleet.daemon.reconfiguration import Reconfiguration, set_verbosity
from fleet.model.version import FOLLOWS

log = logging.getLogger("fleetd")


def main() -> int:
    """Run fleetd; the exit status: 0 after a signal, 1 for whatever kept it from working."""
    arguments = sys.argv[1:]
    if arguments in (["version"], ["-version"], ["--version"]):
        print(f"fleetd version {FOLLOWS}")
        return 0
    try:
        environment = dict(os.environ)
        config = Config.load(arguments, environment)
        identity = Identity.read(config)
    except (ConfigError, NoIdentity) as error:
        print(f"fleetd: {error}", file=sys.stderr)
        return 1
    _set_up_logging(config.verbosity)
    for complaint in config.complaints:
        log.warning("%s", complaint)
    try:
        return asyncio.run(_run(config, identity, lambda: Config.load(arguments, environment)))
    except Exception as failure:
        for one in _leaves(failure):
            log.error("fleetd ends: %s: %s", type(one).__name__, one, exc_info=one if config.verbosity else None)
        return 1


async def _run(config: Config, identity: Identity, load: Callable[[], Config]) -> int:
    take_name("fleetd")
    systemd = await SystemdBus.connect(config.systemd_user)
    daemon = Daemon(config, identity, systemd)
    reconfiguration = Reconfiguration(daemon, config, load)
    lost = asyncio.ensure_future(systemd.run())
    ready = asyncio.Event()
    handlers = {
        signal.SIGHUP: reconfiguration.begin,
        signal.SIGUSR1: lambda: dump(daemon, sys.stdout),
    }
    serving = asyncio.ensure_future(serve(daemon, inherited_sockets(os.environ), ready, handlers))
    await asyncio.wait({asyncio.ensure_future(ready.wait()), serving}, return_when=asyncio.FIRST_COMPLETED)
    if ready.is_set():
        notify("READY=1", os.environ)
    beside = [asyncio.ensure_future(report_alive(os.environ))]
    beside.append(asyncio.ensure_future(follow_addresses(reconfiguration.address_changed)))
    await asyncio.wait({lost, serving}, return_when=asyncio.FIRST_COMPLETED)
    if lost.done():
        serving.cancel()
        await lost
    status = await serving
    for one in beside:
        one.cancel()
    return status


def _set_up_logging(verbosity: int) -> None:
    logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message)s")
    set_verbosity(verbosity)


def _leaves(failure: BaseException) -> list[BaseException]:
    """The errors themselves, out of however many groups."""
    if not isinstance(failure, BaseExceptionGroup):
        return [failure]
    return [leaf for one in failure.exceptions for leaf in _leaves(one)]
