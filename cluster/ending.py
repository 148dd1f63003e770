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
    """Let OVER end the block as Ctrl-C does: what it made is undone on the way. The status is 128 and the number.

    Once it ends, by Ctrl-C too, more of OVER change nothing: a terminal that closes may send two.
    """
    is_ending = False

    def end(number: int, _frame: FrameType | None) -> None:
        nonlocal is_ending
        was_ending, is_ending = is_ending, True
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        if not was_ending:
            sys.exit(128 + number)

    keyboard = [signal.SIGINT] if signal.getsignal(signal.SIGINT) is signal.default_int_handler else []
    with heard((*keyboard, *OVER), end):
        yield


@contextmanager
def heard(numbers: tuple[signal.Signals, ...], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have a handler for the signals inside the block. What of OVER is ignored stays so: `nohup` means it."""
    meant = [one for one in numbers if one not in OVER or signal.getsignal(one) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in meant}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
