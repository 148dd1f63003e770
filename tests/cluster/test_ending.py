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


def test_a_second_signal_does_not_keep_it_from_undoing_what_it_made() -> None:
    undone = []

    def made() -> None:
        try:
            os.kill(os.getpid(), signal.SIGHUP)
        finally:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            undone.append("the cluster")

    with pytest.raises(SystemExit) as ended, ending.orderly():
        made()
    assert ended.value.code == 128 + signal.SIGHUP
    assert undone == ["the cluster"]


def test_under_nohup_the_terminal_may_go() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with ending.orderly():
        os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
