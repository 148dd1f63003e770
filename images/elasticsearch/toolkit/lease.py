"""The startup lease: holds the lock while this instance's node starts.

The gate: the hold ends when the node's transport port accepts, its discovery unit has published it, and the node has
joined the cluster, or fewer hosts than a quorum are there. Published, because the next node is given the hosts that are
published when it starts: one that misses this node might never find it. Fewer than a quorum, because with a quorum set
the first nodes cannot join anything before their successors have started. An open port counts only when a node has used
this very hold: it may be the last start's.
"""

from __future__ import annotations

import time

from .elasticsearch import Elasticsearch
from .etcd import Etcd, EtcdUnavailable
from .hosts import Hosts
from .journal import Repeated, say
from .lock import Lock
from .settings import Settings
from .stopping import Terminated, pause

TICK = 0.1
UNUSED = 3.0
UNPUBLISHED = 3.0


class Lease:
    """One hold of the startup lock, from the queue to the gate."""

    def __init__(self, settings: Settings, etcd: Etcd, node: Elasticsearch) -> None:
        self._settings = settings
        self._lock = Lock(etcd, settings)
        self._hosts = Hosts(etcd, settings)
        self._node = node
        self._held: str | None = None
        self._is_up = False
        self._journal = Repeated()
        self._unused_since = float("inf")
        self._unpublished_since = float("inf")

    def run(self) -> int:
        """Hold the lock until the gate opens; return the exit status. SIGTERM gives the lock back at once."""
        try:
            while True:
                try:
                    self._held = self._held or self._acquire()
                    if self._hold(self._held):
                        return 0
                except EtcdUnavailable as error:
                    # Whether a hold has survived is found out when etcd is back; without one, no node starts.
                    self._journal.say(f"{error}; waiting for etcd")
                    pause(1.0)
        except Terminated:
            self._give_back("told to stop")
            return 0

    def _acquire(self) -> str:
        while True:
            seen = self._lock.look()
            lease = self._lock.acquire(seen)
            if lease is not None:
                say(f"{self._lock.key} is held by {self._settings.node}: its node may start")
                return lease
            if seen.holder is not None and not seen.holder.is_of(self._settings):
                self._journal.say(f"{self._lock.key} is held by {seen.holder}; waiting")
                self._lock.wait_for_change(seen)

    def _hold(self, lease: str) -> bool:
        """Keep the hold alive until the gate opens (True) or the hold is lost (False)."""
        renew_at = 0.0
        while not self._is_up:
            if time.monotonic() >= renew_at:
                if not self._lock.keep(lease):
                    say(f"{self._lock.key} expired before the node was up: etcd was away too long; queueing again")
                    self._held = None
                    return False
                renew_at = time.monotonic() + self._settings.lease_ttl / 3
            self._is_up = self._gate_is_open()
            if not self._is_up:
                pause(TICK)
        # Once up, the hold is only given back, until etcd has said so: of a release whose answer was lost, it is gone.
        self._lock.release(lease)
        self._held = None
        say(f"{self._settings.node} is up; {self._lock.key} is free")
        return True

    def _gate_is_open(self) -> bool:
        if not self._node.accepts() or not self._is_used():
            return False
        hosts = self._hosts.live()
        if self._settings.ip not in hosts:
            self._tell_unpublished()
            return False
        return len(hosts) < self._settings.quorum or self._node.has_master()

    def _tell_unpublished(self) -> None:
        """Say who is missing, once that takes longer than it does while all is well."""
        self._unpublished_since = min(self._unpublished_since, time.monotonic())
        if time.monotonic() - self._unpublished_since >= UNPUBLISHED:
            me = self._settings
            self._journal.say(
                f"{me.node} is up but not published; is {me.label}-discovery@{me.instance}.service loaded?"
            )

    def _is_used(self) -> bool:
        """Say whether a node was started by this hold, or else has plainly been running without it."""
        holder = self._lock.look().holder
        if holder is not None and holder.start:
            return True
        self._unused_since = min(self._unused_since, time.monotonic())
        return time.monotonic() - self._unused_since >= UNUSED

    def _give_back(self, why: str) -> None:
        if self._held is None:
            return
        try:
            self._lock.release(self._held)
            say(f"{why}; {self._lock.key} is free")
        except EtcdUnavailable as error:
            say(f"{why}; {error}; {self._lock.key} is free in {self._settings.lease_ttl} s")
