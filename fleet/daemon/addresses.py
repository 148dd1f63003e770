"""Tells when this machine's address may have changed: by what the kernel reports of addresses and routes."""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress

log = logging.getLogger(__name__)

SETTLING = 0.2  # seconds: a network comes up in several steps
_ROUTE = 0  # NETLINK_ROUTE
_GROUPS = 0x10 | 0x40  # RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE


async def follow_addresses(changed: Callable[[], object]) -> None:
    """Call `changed` after every change of an IPv4 address or route, for ever."""
    loop = asyncio.get_running_loop()
    try:
        kernel = reports()
    except OSError as error:
        log.warning("the kernel does not report changes of addresses: %s", error)
        return
    with kernel:
        kernel.setblocking(False)
        while True:
            with suppress(OSError):  # more was reported than anybody could read: something did change
                await loop.sock_recv(kernel, 65536)
            await asyncio.sleep(SETTLING)
            _empty(kernel)
            changed()


def reports() -> socket.socket:
    """The socket on which the kernel says what changes."""
    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _ROUTE)
    kernel.bind((0, _GROUPS))
    return kernel


def _empty(kernel: socket.socket) -> None:
    while True:
        try:
            kernel.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            continue
