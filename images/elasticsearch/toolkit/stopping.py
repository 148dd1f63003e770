"""The two things that a process here does besides its work: it pauses, and it is told to stop."""

from __future__ import annotations

import signal
import time
from types import FrameType


class Terminated(BaseException):
    """SIGTERM or SIGINT arrived. Not an Exception, so that nothing swallows it on the way."""


def raise_when_told() -> None:
    """From now on the first SIGTERM or SIGINT raises Terminated in the main thread; later ones do nothing."""
    signal.signal(signal.SIGTERM, _raise)
    signal.signal(signal.SIGINT, _raise)


def pause(seconds: float) -> None:
    """Wait; a signal ends it. The only sleep in the toolkit."""
    time.sleep(seconds)  # noqa: TID251


def _raise(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise Terminated
