"""The one place where fleetctl waits: for changes in the registry, by requests that fleetd holds until there is one."""

import select
import time
from collections.abc import Callable, Iterable

from fleet.ctl.client import Client, Since
from fleet.ctl.errors import ApiError
from fleet.ctl.invocation import Invocation

HOLD = 25  # seconds that fleetd may hold a request: well under Connection's limit of silence
ATTEMPT = 2  # seconds: the unit of --block-attempts
_UNAVAILABLE = 500  # from this HTTP status on, asking again may help
_BREATH = 0.5  # seconds between two tries while fleetd has no etcd: there is no event to wait for
_RESTART = 10.0  # seconds for which fleetd may be away altogether: who waits has reached it already


class Deadline:
    """A moment to give up; never, if made without seconds."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    @classmethod
    def of(cls, call: Invocation) -> "Deadline":
        """The deadline that `--block-attempts` means."""
        attempts = call.flags.number("block-attempts")
        return cls(attempts * ATTEMPT if attempts > 0 else None)

    @property
    def passed(self) -> bool:
        """Whether it is too late."""
        return self._end is not None and time.monotonic() >= self._end

    def hold(self) -> int:
        """For how many whole seconds fleetd may hold the next request."""
        if self._end is None:
            return HOLD
        return min(HOLD, max(1, round(self._end - time.monotonic() + 0.49)))


def until_none_left(
    api: Client,
    left: Iterable[str],
    deadline: Deadline,
    settle: Callable[[Since | None, list[str]], Iterable[str]],
) -> list[str]:
    """Calls `settle` at once and after each change, until it has settled all names; returns those left at the deadline.

    `settle` gets what to pass to the API, and the names that are left; it returns those that need no more waiting.
    """
    names = list(left)
    since: Since | None = None
    restarting: Deadline | None = None
    while names:
        try:
            settled = set(settle(since, list(names)))
        except ApiError as problem:
            restarting = (restarting or Deadline(_RESTART)) if problem.status == 0 else None
            lasting = restarting.passed if restarting else problem.status < _UNAVAILABLE
            if lasting or deadline.passed:
                raise
            select.select([], [], [], _BREATH)
            continue
        restarting = None
        names = [name for name in names if name not in settled]
        if not names or deadline.passed:
            break
        since = Since(_revision(api), deadline.hold())
    return names


def _revision(api: Client) -> int:
    if not api.revision:
        raise ApiError("this fleetd does not say its registry's revision, so that nothing can be awaited")
    return api.revision
