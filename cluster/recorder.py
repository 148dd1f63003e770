"""A history of what happened in etcd, recorded while it happens: so that each change has a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from cluster.etcd import Change, EtcdDown, WatchHandle
from cluster.eventually import eventually


@dataclass(frozen=True)
class Event:
    """A change, and when the host heard of it: seconds since the epoch, some ms after it happened."""

    at: float
    change: Change

    @property
    def revision(self) -> int:
        """The revision that the change made."""
        return self.change.revision


class Watched(Protocol):
    """What a recorder needs of etcd."""

    def watch(self, start: int, stop: WatchHandle) -> Iterator[Change]:
        """Yield changes in order; raise EtcdDown when the connection is lost."""

    def revision(self) -> int:
        """Return the store's revision."""


class Recorder:
    """Follows some prefixes in a thread, across the loss of etcd's members, without a gap."""

    def __init__(self, etcd: Watched, prefixes: Sequence[str], clock: Callable[[], float] = time.time) -> None:
        self._etcd, self._prefixes, self._clock = etcd, tuple(prefixes), clock
        self._events: list[Event] = []
        self._stop = WatchHandle()
        self._next = etcd.revision() + 1
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="etcd recorder", daemon=True)
        self._thread.start()

    def events(self, prefix: str = "", since: int = 0, until: int | None = None) -> list[Event]:
        """Return the changes under `prefix` whose revision is greater than `since`, and not than `until`, in order."""
        with self._lock:
            events = list(self._events)
        last = float("inf") if until is None else until
        return [event for event in events if since < event.revision <= last and event.change.key.startswith(prefix)]

    def revision(self) -> int:
        """Return etcd's revision now: what is recorded after it happened later."""
        return self._etcd.revision()

    def stop(self) -> None:
        """End the recording."""
        self._stop.stop()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.stopped:
            try:
                self._follow()
            except EtcdDown:
                eventually("etcd answers the recorder", self._back_or_stopped, within=3600, every=0.5)

    def _follow(self) -> None:
        for change in self._etcd.watch(self._next, self._stop):
            # One transaction gives several changes one revision: so after a loss the last revision is asked for again.
            self._next = change.revision
            if change.key.startswith(self._prefixes) and not self._is_known(change):
                with self._lock:
                    self._events.append(Event(self._clock(), change))

    def _is_known(self, change: Change) -> bool:
        return any(event.change == change for event in self.events(since=change.revision - 1))

    def _back_or_stopped(self) -> bool:
        return self._stop.stopped or self._etcd.revision() > 0
