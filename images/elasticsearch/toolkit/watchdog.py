"""The watchdog: finds the two ways in which a running node is of no use, and nothing else would notice.

Elasticsearch 1.7 reads its list of hosts once. A node that started with a list that did not help stays alone for ever,
and a restart, with the list of that moment, cures it.
"""

from __future__ import annotations

import time

from .elasticsearch import Elasticsearch
from .hosts import Hosts
from .lock import Lock
from .settings import Settings

EVERY = 5.0


class Watchdog:
    """Watches one node. Each look returns what is wrong, or None; it looks closely every five seconds only."""

    def __init__(self, settings: Settings, node: Elasticsearch, hosts: Hosts, lock: Lock) -> None:
        self._settings = settings
        self._node = node
        self._hosts = hosts
        self._lock = lock
        self._next = 0.0
        self._start = ""
        self._started_at = 0.0
        self._alone_since: float | None = None

    def look_at_a_closed_node(self) -> str | None:
        """Complain about a node that has begun to start and whose transport port has not opened in time."""
        self._alone_since = None
        if not self._due():
            return None
        holder = self._lock.look().holder
        start = holder.start if holder is not None and holder.is_of(self._settings) else ""
        if start != self._start:
            self._start, self._started_at = start, time.monotonic()
        waited = time.monotonic() - self._started_at
        if start and waited >= self._settings.start_timeout:
            return f"the transport port did not open in {waited:.0f} s"
        return None

    def look_at_an_open_node(self) -> str | None:
        """Complain about a node that knows no master although a quorum of hosts has been there all the time."""
        if not self._due():
            return None
        self._start = ""
        alone_since, self._alone_since = self._alone_since, None
        if self._node.has_master() or len(self._hosts.live()) < self._settings.quorum:
            return None
        self._alone_since = time.monotonic() if alone_since is None else alone_since
        alone = time.monotonic() - self._alone_since
        if alone >= self._settings.no_master_timeout:
            return f"no master for {alone:.0f} s, although a quorum of hosts is there"
        return None

    def _due(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + min(EVERY, self._settings.no_master_timeout / 4)
        return True
