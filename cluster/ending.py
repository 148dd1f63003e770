"""What ends a command in an orderly way, beside Ctrl-C: the end of the session (SIGTERM), of the terminal (SIGHUP)."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

OVER = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def orderly() -> Iterator[None]:
    """Let OVER end the block as Ctrl-C does: what it made is undone on the way. The status is 128 and the number."""

    def end(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    with heard(OVER, end):
        yield


@contextmanager
def heard(numbers: tuple[signal.Signals, ...], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have a handler for the signals inside the block. A SIGHUP that is ignored stays so: `nohup` means it."""
    meant = [one for one in numbers if one != signal.SIGHUP or signal.getsignal(one) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in meant}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
