"""What several tests of the host's side need."""

import signal
from collections.abc import Iterator

import pytest

from cluster import ending


@pytest.fixture
def no_nohup() -> Iterator[None]:
    """Have the signals that end a command do so, also where these tests run under `nohup`."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in ending.OVER}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
