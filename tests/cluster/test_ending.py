"""What ends a command in an orderly way."""

import os
import signal

import pytest

from cluster import ending

pytestmark = pytest.mark.usefixtures("no_nohup")


@pytest.mark.parametrize("number", ending.OVER)
def test_a_signal_ends_the_block_and_is_the_status(number: signal.Signals) -> None:
    with pytest.raises(SystemExit) as ended, ending.orderly():
        os.kill(os.getpid(), number)
    assert ended.value.code == 128 + number
    assert {signal.getsignal(each) for each in ending.OVER} == {signal.SIG_DFL}


@pytest.mark.parametrize(("first", "how"), [(signal.SIGHUP, SystemExit), (signal.SIGINT, KeyboardInterrupt)])
def test_a_second_signal_does_not_keep_it_from_undoing_what_it_made(
    first: signal.Signals, how: type[BaseException]
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    undone = []

    def made() -> None:
        try:
            os.kill(os.getpid(), first)
        finally:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            undone.append("the cluster")

    try:
        with pytest.raises(how), ending.orderly():
            made()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert undone == ["the cluster"]


def test_under_nohup_the_terminal_may_go() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with ending.orderly():
        os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
