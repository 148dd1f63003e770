"""Waiting: it ends as soon as it can, and says what it saw."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from cluster import eventually as waiting
from cluster.errors import Impossible
from cluster.eventually import TimedOut, eventually, steadily


def test_the_first_true_value_is_returned() -> None:
    values = iter([0, None, "", "there"])
    assert eventually("it is there", lambda: next(values), within=5, every=0.001) == "there"


def test_a_probe_may_assert_until_it_holds() -> None:
    numbers = iter(range(10))

    def probe() -> bool:
        assert next(numbers) == 3
        return True

    assert eventually("three", probe, within=5, every=0.001)


def test_a_timeout_says_what_how_long_how_often_and_what_was_last_seen() -> None:
    with pytest.raises(TimedOut) as caught:
        eventually("doors open", lambda: [], within=0.05, every=0.01, context=lambda: "door 3: jammed\ndoor 4: jammed")
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("waited 0.")
    assert lines[0].endswith("s for: doors open")
    assert "tries, last value: []" in lines[1]
    assert lines[2:] == ["  door 3: jammed", "  door 4: jammed"]


def test_a_timeout_names_the_last_exception() -> None:
    def probe() -> bool:
        raise ConnectionError("refused by 9200")

    with pytest.raises(TimedOut, match="last exception: ConnectionError: refused by 9200"):
        eventually("it answers", probe, within=0.02, every=0.01)


def test_a_context_that_fails_does_not_hide_the_timeout() -> None:
    def context() -> str:
        raise OSError("no machine")

    with pytest.raises(TimedOut, match=r"(?s)for: it.*no context: OSError: no machine"):
        eventually("it", lambda: False, within=0.01, every=0.01, context=context)


def test_the_wait_ends_at_once_when_success_became_impossible() -> None:
    def probe() -> bool:
        raise Impossible("the unit failed")

    started = time.monotonic()
    with pytest.raises(Impossible, match=r"(?s)gave up after .* for: it runs.*impossible: the unit failed"):
        eventually("it runs", probe, within=60)
    assert time.monotonic() - started < 1


def test_a_mistake_in_the_probe_is_not_waited_for() -> None:
    started = time.monotonic()
    with pytest.raises(TypeError):
        eventually("never", lambda: len(3), within=60)  # type: ignore[arg-type]
    assert time.monotonic() - started < 1


@pytest.fixture
def restored_factor() -> Iterator[None]:
    yield
    waiting.scale(1.0)


@pytest.mark.usefixtures("restored_factor")
def test_a_slow_host_gets_more_time() -> None:
    waiting.scale(4)
    started = time.monotonic()
    with pytest.raises(TimedOut):
        eventually("never", lambda: False, within=0.05, every=0.01)
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize("wrong", [0, -1])
def test_a_factor_that_would_end_all_waits_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        waiting.scale(wrong)


def test_what_must_not_happen_is_watched_for_the_whole_time() -> None:
    tries = iter([True] * 4 + [False] * 99)
    with pytest.raises(AssertionError, match=r"no longer so after .* s for: it stays closed"):
        steadily("it stays closed", lambda: next(tries), during=5, every=0.001)


def test_what_did_not_happen_in_its_time_is_fine() -> None:
    steadily("it stays closed", lambda: True, during=0.02, every=0.005)


def test_what_comes_after_its_time_came_too_late() -> None:
    def slow() -> bool:
        deadline = time.monotonic() + 0.1
        while time.monotonic() < deadline:
            pass
        return True

    with pytest.raises(TimedOut, match=r"wanted within 0\.05 s, came only after \d+\.\d s for: it comes"):
        eventually("it comes", slow, within=0.05)


def test_a_probe_that_fails_saw_that_it_is_no_longer_so() -> None:
    def probe() -> bool:
        raise ConnectionError("refused")

    with pytest.raises(AssertionError, match=r"(?s)no longer so.*refused.*the state") as caught:
        steadily("it answers", probe, during=5, context=lambda: "the state")
    assert isinstance(caught.value.__cause__, ConnectionError)
