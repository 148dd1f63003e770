"""What the workers of a parallel run say reaches the one terminal there is: by datagrams to the process that has it.

The socket has a name in the kernel, not in a folder: nothing is left of it however its processes die.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import uuid

from cluster.say import Say

LIMIT = 65536
"""Bytes of the longest line that is carried whole."""


class Relay:
    """The end that prints; `address` is what the others are given."""

    def __init__(self, say: Say) -> None:
        self.address = f"elasticsearch-fleet-{uuid.uuid4().hex}"
        self._say = say
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{self.address}")
        self._thread = threading.Thread(target=self._print, name="what workers say", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Print what has come so far, and end."""
        Speaker(self.address)("")
        self._thread.join(timeout=10)
        self._socket.close()

    def _print(self) -> None:
        while line := self._socket.recv(LIMIT).decode(errors="replace"):
            with contextlib.suppress(Exception):  # this line cannot be printed, the next ones may be
                self._say(line)


class Speaker:
    """The end that speaks, under a name: that of its cluster, once it has one."""

    def __init__(self, address: str, name: str = "") -> None:
        self.name = name
        self._address = f"\0{address}"

    def __call__(self, text: str) -> None:
        """Say each line; nobody is there any more: then to nobody."""
        prefix = f"[{self.name}] " if self.name else ""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way, contextlib.suppress(OSError):
            way.settimeout(5)
            for line in text.splitlines() or [""]:
                way.sendto(f"{prefix}{line}".encode()[:LIMIT], self._address)
