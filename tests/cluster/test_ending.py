"""What ends a command in an orderly way."""

import os
import signal
from collections.abc import Iterator

import pytest

from cluster import ending


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """See that each handler is given back."""
    before = [signal.getsignal(number) for number in ending.OVER]
    yield
    assert [signal.getsignal(number) for number in ending.OVER] == before


@pytest.mark.parametrize("number", ending.OVER)
def test_a_signal_ends_the_block_and_is_the_status(number: signal.Signals) -> None:
    with pytest.raises(SystemExit) as ended, ending.orderly():
        os.kill(os.getpid(), number)
    assert ended.value.code == 128 + number


def test_under_nohup_the_terminal_may_go() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending.orderly():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGTERM) is not before
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
