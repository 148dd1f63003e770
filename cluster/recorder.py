"""A history of what happened in etcd, recorded while it happens: so that each change has a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from cluster import history
from cluster.errors import Impossible
from cluster.etcd import Change, EtcdDown, WatchHandle
from cluster.eventually import eventually

NAME = "etcd"
"""What the history calls the recorder: it is one of those who look at the cluster beside whatever is done to it."""

HEARD = 10.0
"""Seconds until a change is heard of: milliseconds, but at a host that does much else."""


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
    """What a recorder needs of a member of etcd."""

    def watch(self, start: int, stop: WatchHandle) -> Iterator[Change]:
        """Yield changes in order, from a revision on; raise EtcdDown when the connection is lost."""

    def revision(self) -> int:
        """Return the store's revision; raise EtcdDown when the member does not answer."""


class Recorder:
    """Follows some prefixes at every member at once, a thread each, across the loss of members, without a gap.

    At every member, because a change that is heard of only after a reconnection has a wrong time. Each member tells all
    changes in order, also one that has lost the others: so as long as one stays, order and times are right.
    """

    def __init__(
        self, members: Sequence[Watched], prefixes: Sequence[str], clock: Callable[[], float] = time.time
    ) -> None:
        """Take the members, and what the keys begin with; the process's history is told all that is heard."""
        self._members, self._prefixes, self._clock = list(members), tuple(prefixes), clock
        self._asked = list(members)
        self._events: list[Event] = []
        self._known: set[Change] = set()
        self._lock = threading.Lock()
        self._failures: list[Exception] = []
        self._heard_to = self.revision()
        start = self._heard_to + 1
        self._stops = [WatchHandle() for _ in self._members]
        self._threads = [
            threading.Thread(target=self._run, args=(member, start, stop), name="etcd recorder", daemon=True)
            for member, stop in zip(self._members, self._stops, strict=True)
        ]
        history.tell("observer", name=NAME, phase="begin")
        for thread in self._threads:
            thread.start()

    def events(self, prefix: str = "", since: int = 0, until: int | None = None) -> list[Event]:
        """Return the changes under `prefix` whose revision is greater than `since`, and not than `until`, in order.

        All that happened before this call: it waits for what was not heard yet. Raises EtcdDown without a quorum, and
        Impossible, with what ended the last thread, when nobody listens any more.
        """
        now = self.revision()
        if self._heard_to < now:
            what = f"etcd's revision {now} is heard"
            eventually(what, lambda: self._listened() >= now, HEARD, every=0.01, context=lambda: f"{self._heard_to} is")
        last = float("inf") if until is None else until
        return [
            event for event in self.heard() if since < event.revision <= last and event.change.key.startswith(prefix)
        ]

    def heard(self) -> list[Event]:
        """Return what was heard up to now, whether or not it is all: for when nobody can tell."""
        with self._lock:
            return list(self._events)

    def revision(self) -> int:
        """Return etcd's revision now: what is recorded after it happened later. Raises EtcdDown without a quorum.

        The member that answered last is asked first: one that is frozen keeps the asker waiting only once.
        """
        failures = []
        for member in list(self._asked):
            try:
                revision = member.revision()
            except EtcdDown as error:
                failures.append(str(error))
            else:
                self._asked = [member, *(other for other in self._members if other is not member)]
                return revision
        raise EtcdDown("; ".join(failures))

    def stop(self) -> None:
        """End the recording."""
        for stop in self._stops:
            stop.stop()
        for thread in self._threads:
            thread.join(timeout=10)
        if len(self._failures) < len(self._members):
            history.tell("observer", name=NAME, phase="end")

    def _listened(self) -> int:
        """Return up to which revision everything was heard; raises Impossible when it will never be more."""
        if not any(thread.is_alive() for thread in self._threads):
            raise Impossible(f"nobody listens any more: {self._failures or 'stopped'}")
        return self._heard_to

    def _run(self, member: Watched, start: int, stop: WatchHandle) -> None:
        try:
            self._follow(member, start, stop)
        except Exception as error:
            self._failures.append(error)
            if len(self._failures) == len(self._members):
                why = "; ".join(f"{type(one).__name__}: {one}" for one in self._failures)
                history.tell("observer", name=NAME, phase="failed", why=why)

    def _follow(self, member: Watched, start: int, stop: WatchHandle) -> None:
        # One transaction gives several changes one revision: so after a loss the last revision is asked for again.
        at = start
        while not stop.stopped:
            try:
                for change in member.watch(at, stop):
                    at = change.revision
                    self._heard(change)
            except EtcdDown:
                eventually("a member answers", partial(self._back_or_stopped, member, stop), within=3600, every=0.5)

    def _back_or_stopped(self, member: Watched, stop: WatchHandle) -> bool:
        return stop.stopped or member.revision() > 0

    def _heard(self, change: Change) -> None:
        """Write a change down, unless another member was quicker."""
        with self._lock:
            if change.key.startswith(self._prefixes) and change not in self._known:
                self._known.add(change)
                self._events.append(Event(self._clock(), change))
                history.tell("key", key=change.key, value=change.value, revision=change.revision)
            self._heard_to = max(self._heard_to, change.revision)
