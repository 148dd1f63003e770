"""What fleetd tells systemd and others about itself, and the sockets that systemd hands to it."""

import asyncio
import logging
import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

_FIRST_SOCKET = 3


def notify(state: str, environment: MutableMapping[str, str]) -> None:
    """Send `READY=1` and the like; nothing happens where no manager listens."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        channel.sendall(state.encode())


def take_name(name: str) -> None:
    """Be called so by `ps` and the journal, and not by the interpreter's name."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name, encoding="ascii")


async def report_alive(environment: MutableMapping[str, str]) -> None:
    """Send `WATCHDOG=1` three times in the time after which systemd takes fleetd for hung; for ever, if it watches."""
    limit = environment.get("WATCHDOG_USEC", "")
    while limit.isdigit():
        try:
            notify("WATCHDOG=1", environment)
        except OSError as error:
            log.warning("systemd cannot be told that fleetd lives: %s", error)
        await asyncio.sleep(int(limit) / 3e6)


def inherited_sockets(environment: MutableMapping[str, str]) -> list[socket.socket]:
    """The listening sockets that systemd passed; the variables are taken, so that no child believes in them."""
    pid, count = environment.pop("LISTEN_PID", ""), environment.pop("LISTEN_FDS", "")
    environment.pop("LISTEN_FDNAMES", None)
    if pid != str(os.getpid()) or not count.isdigit():
        return []
    sockets = [socket.socket(fileno=number) for number in range(_FIRST_SOCKET, _FIRST_SOCKET + int(count))]
    for one in sockets:
        one.setblocking(False)
        one.set_inheritable(False)
    return sockets
