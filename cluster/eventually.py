"""Waiting: the only place on the host's side that sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import tenacity

from cluster.errors import Impossible

T = TypeVar("T")

POLL = 0.2
"""Seconds between two tries."""

MISTAKES = (TypeError, NameError, AttributeError)
"""Exceptions of a probe that is written wrongly: no waiting cures them."""

factor = 1.0
"""What every duration is multiplied with: `--cluster-timeout-factor`."""


def scale(new: float) -> None:
    """Multiply all later waits' durations with this: for a host slower than the durations were chosen for."""
    global factor
    if new <= 0:
        raise ValueError(f"a timeout factor is greater than 0, not {new}")
    factor = new


def scaled(seconds: float) -> float:
    """Return a duration multiplied with the factor: for what is judged afterwards and not waited for."""
    return seconds * factor


class TimedOut(AssertionError):
    """What was awaited did not happen in time; the message says all that was seen meanwhile."""


@dataclass
class _Seen:
    """What the tries of one wait brought."""

    started: float = field(default_factory=time.monotonic)
    tries: int = 0
    value: object = None
    error: Exception | None = None

    def message(self, what: str, verb: str, context: Callable[[], str] | None) -> str:
        lines = [f"{verb} {time.monotonic() - self.started:.1f} s for: {what}"]
        lines.append(f"  {self.tries} tries, last value: {self.value!r}")
        if self.error is not None:
            lines.append(f"  last exception: {type(self.error).__name__}: {self.error}")
        if context is not None:
            lines += [f"  {line}" for line in _told(context).splitlines()]
        return "\n".join(lines)


def eventually(
    what: str,
    probe: Callable[[], T],
    within: float,
    *,
    context: Callable[[], str] | None = None,
    every: float = POLL,
) -> T:
    """Return the probe's first true value; try until then, for `within` seconds at most.

    An exception of the probe is a try that failed, so a probe may assert. Three kinds end the wait at once:
    Impossible, which a probe raises when no waiting helps any more; MISTAKES; and what is no Exception.
    `context` is asked once, after the time is over, for what a reader of the failure needs to know.
    """
    __tracebackhide__ = True
    seen = _Seen()

    def attempt() -> T:
        seen.tries += 1
        seen.value = None
        try:
            value = probe()
        except Exception as error:
            seen.error = error
            raise
        seen.value, seen.error = value, None
        return value

    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_delay(within * factor),
        wait=tenacity.wait_fixed(every),
        retry=tenacity.retry_any(tenacity.retry_if_exception(_worth_a_retry), tenacity.retry_if_result(_is_false)),
    )
    try:
        value = retrying(attempt)
    except tenacity.RetryError:
        raise TimedOut(seen.message(what, "waited", context)) from seen.error
    except Impossible as error:
        raise Impossible(f"{seen.message(what, 'gave up after', context)}\n  impossible: {error}") from error
    if time.monotonic() - seen.started > within * factor:
        raise TimedOut(seen.message(what, f"wanted within {within * factor:g} s, came only after", context))
    return value


def steadily(
    what: str,
    probe: Callable[[], object],
    during: float,
    *,
    context: Callable[[], str] | None = None,
    every: float = POLL,
) -> None:
    """Return when the probe was true at every try for `during` seconds; raise at the first try when it was not.

    For what must not happen. The probe must have something to see: prove apart that it can turn false.
    An exception of the probe is a try when it was not true.
    """
    __tracebackhide__ = True
    seen = _Seen()
    while not seen.tries or time.monotonic() - seen.started < during * factor:
        if seen.tries:
            tenacity.nap.sleep(every)
        seen.tries += 1
        try:
            seen.value = probe()
        except MISTAKES:
            raise
        except Exception as error:
            seen.value, seen.error = None, error
        if not seen.value:
            raise AssertionError(seen.message(what, "no longer so after", context)) from seen.error


def _worth_a_retry(error: BaseException) -> bool:
    return isinstance(error, Exception) and not isinstance(error, (Impossible, *MISTAKES))


def _is_false(value: object) -> bool:
    return not value


def _told(context: Callable[[], str]) -> str:
    try:
        return context()
    except Exception as error:
        return f"(no context: {type(error).__name__}: {error})"
