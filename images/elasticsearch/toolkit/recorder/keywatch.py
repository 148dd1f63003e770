"""Waits for changes of the label's keys in etcd, in a thread: an etcd that is away or frozen holds up nothing else."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from dataclasses import dataclass

from toolkit.etcd import Change, Entry, Etcd, EtcdCompacted, EtcdUnavailable, end_of
from toolkit.stopping import pause

from .teller import now

LOOK = 10.0
"""Seconds until a watch is begun anew, where it ended: one whose member has frozen says nothing."""

RETRY = 1.0


@dataclass(frozen=True)
class Heard:
    """A change, and when it was heard of; a key that was there when the watching began is no change."""

    change: Change
    at: int
    is_news: bool = True


class KeyWatch:
    """What was heard is in `heard`; whoever waits for `waits_for` to turn readable is woken."""

    def __init__(self, etcd: Etcd, hosts: str, lock: str, own: str) -> None:
        self._etcd, self._hosts, self._lock, self._own = etcd, hosts, lock, own
        self._heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._readable, self._bell = os.pipe()
        os.set_blocking(self._readable, False)
        os.set_blocking(self._bell, False)

    def start(self) -> None:
        """Begin; there is no end but that of the process."""
        threading.Thread(target=self._run, name="etcd", daemon=True).start()

    @property
    def waits_for(self) -> list[int]:
        """The descriptor that turns readable when there is something."""
        return [self._readable]

    def heard(self) -> list[Heard]:
        """Return what was heard since the last time."""
        try:
            os.read(self._readable, 4096)
        except BlockingIOError:
            return []
        found = []
        while not self._heard.empty():
            found.append(self._heard.get())
        return found

    def _run(self) -> None:
        revision: int | None = None
        while True:
            try:
                if revision is None:
                    revision = self._read_all()
                elif self._etcd.get(self._lock)[1] < revision:
                    revision = 0  # etcd lost its data and began anew: all that is in it happened since
                for change in self._etcd.watch([(self._hosts, end_of(self._hosts)), (self._lock, "")], revision, LOOK):
                    self._put(Heard(change, now()))
                    revision = max(revision, change.entry.modified)
            except EtcdCompacted:
                revision = None
            except EtcdUnavailable:
                pause(RETRY)

    def _read_all(self) -> int:
        """Hear of what is there now; return a revision after which changes are news."""
        holder, revision = self._etcd.get(self._lock)
        there: list[Entry] = self._etcd.under(self._hosts) + ([holder] if holder is not None else [])
        for entry in there:
            # The own host was published by the discovery that has just started beside this.
            self._put(Heard(Change(entry, False), now(), is_news=entry.key == self._own))
        return revision

    def _put(self, heard: Heard) -> None:
        self._heard.put(heard)
        with contextlib.suppress(BlockingIOError):  # it rings already
            os.write(self._bell, b".")
