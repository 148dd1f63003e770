"""Waiting: until a time of CLOCK_BOOTTIME, or until fleetd rings."""

import ctypes
import os
import select
import socket
import struct
import time
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_ABSOLUTE = 1  # TFD_TIMER_ABSTIME


class Alarm:
    """A timer of the kernel: it also goes off while the machine sleeps, and no setting of the clock moves it."""

    def __init__(self) -> None:
        self._fd = _libc.timerfd_create(time.CLOCK_BOOTTIME, os.O_CLOEXEC | os.O_NONBLOCK)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")

    def wait(self, at: float, bell: socket.socket) -> None:
        """Return at that time (at once, if it is past), or as soon as the bell has rung."""
        nanoseconds = max(1, int(at * 1e9))
        setting = struct.pack("@qqqq", 0, 0, *divmod(nanoseconds, 1_000_000_000))
        if _libc.timerfd_settime(self._fd, _ABSOLUTE, setting, None) < 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime")
        select.select([self._fd, bell], [], [])
        _drain(bell)


def hang_up_bell(directory: Path) -> socket.socket:
    """The bell: a socket on which a datagram says that there is something new to be read."""
    path = directory / "bell"
    path.unlink(missing_ok=True)
    bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    bell.bind(str(path))
    return bell


def ring(directory: Path) -> bool:
    """Ring the supervisor's bell; False if nobody is there. Never waits: a full bell has rung already."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC) as rope:
        try:
            rope.sendto(b".", str(directory / "bell"))
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True


def _drain(bell: socket.socket) -> None:
    try:
        while bell.recv(16):
            pass
    except BlockingIOError:
        pass
