"""The node: waits for the startup lease of its own instance, then becomes Elasticsearch.

It waits without a way out that opens: no timeout starts a node, and neither does a missing etcd.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NoReturn

from .etcd import Etcd, EtcdUnavailable
from .hosts import Hosts
from .java import command
from .journal import Repeated, say
from .lock import RECHECK, Lock, Look
from .machines import NoFleet
from .settings import Settings
from .stopping import Terminated, pause
from .unicast import unicast_hosts

DATA = Path("/data")
# Not 0: as root a fault in Elasticsearch would be a fault in the machine's root.
USER = 9200
SPOOL = "marvel-history"
GRACE = 5.0
REMIND = 60.0
STOPPED = 143
NO_HOSTS = 1
PARTS = ("", "-startup_lease", "-discovery")


class Node:
    """The start of one instance's node."""

    def __init__(self, settings: Settings, etcd: Etcd) -> None:
        self._settings = settings
        self._lock = Lock(etcd, settings)
        self._hosts = Hosts(etcd, settings)
        self._journal = Repeated(REMIND)

    def run(self) -> int:
        """Wait for the lease and become Elasticsearch; returns only when told to stop before that, or without hosts."""
        try:
            # Before the claim: with much data it takes minutes, and a hold is for what starts at once.
            own_the_data()
            hosts = self._hosts_of_a_claimed_start()
        except NoFleet as error:
            say(f"{error}; not started: without a list of hosts it might never find its cluster")
            return NO_HOSTS
        except Terminated:
            say("told to stop before the node was started")
            return STOPPED
        return self._become(hosts)

    def wait_for_lease(self) -> None:
        """Return once a fresh hold of this instance's own has been claimed for this start."""
        free_since = time.monotonic()
        while True:
            try:
                seen = self._lock.look()
                if self._lock.claim(seen):
                    return
                if seen.holder is not None:
                    free_since = float("inf")
                free_since = min(free_since, time.monotonic())
                # Between two holders the lock is free for a moment, and that means nothing.
                if seen.holder is not None or time.monotonic() - free_since >= GRACE:
                    self._journal.say(self._reason(seen))
                self._lock.wait_for_change(seen, GRACE if seen.holder is None else RECHECK)
            except EtcdUnavailable as error:
                self._journal.say(f"waiting for the startup lease: {error}")
                pause(1.0)

    def _hosts_of_a_claimed_start(self) -> list[str]:
        """Return where to look for the cluster, with a hold that still stands after that is known."""
        while True:
            self.wait_for_lease()
            hosts = self._unicast_hosts()
            if hosts is not None:
                return hosts
            say(f"the hold of {self._lock.key} was lost while the list of hosts was waited for; asking for another")

    def _become(self, hosts: list[str]) -> NoReturn:
        found = ", ".join(hosts) or "nobody yet, it is the first"
        say(f"starting {self._settings.node}; looking for its cluster at: {found}")
        become_the_user()
        arguments = command(self._settings, hosts)
        os.execv(arguments[0], arguments)

    def _unicast_hosts(self) -> list[str] | None:
        """Return the hosts, or None if the hold was lost: etcd may have been away for longer than a hold lasts."""
        while True:
            try:
                hosts = unicast_hosts(self._settings, self._hosts)
                return hosts if self._lock.is_claimed() else None
            except EtcdUnavailable as error:
                self._journal.say(f"waiting for the list of hosts: {error}")
                pause(1.0)

    def _reason(self, seen: Look) -> str:
        me, key = self._settings, self._lock.key
        if seen.holder is None:
            main, lease, discovery = (f"{me.label}{part}@{me.instance}.service" for part in PARTS)
            # The main unit is loaded, too: that stops it, and only a unit that starts takes its sidekicks with it.
            return (
                f"waiting for the startup lease: nobody holds {key}; is {lease} loaded? "
                f"if not: fleetctl load {main} {lease} {discovery} && fleetctl start {main}"
            )
        if seen.holder.is_of(me):
            return f"waiting for the startup lease: the hold of {key} was used by an earlier start of this node"
        return f"waiting for the startup lease: {key} is held by {seen.holder}"


def own_the_data() -> None:
    """Hand the data over to the user that Elasticsearch runs as. Does nothing unless root."""
    if os.geteuid() != 0 or not DATA.is_dir() or DATA.stat().st_uid == USER:
        return
    # The folder itself is last: as long as it is not handed over, a start that was interrupted here is done again.
    # The recorder's spool is not Elasticsearch's, and its files come and go.
    tops = [top for top in DATA.iterdir() if top.name != SPOOL]
    for path in [*tops, *(below for top in tops for below in top.rglob("*")), DATA]:
        os.chown(path, USER, USER, follow_symlinks=False)


def become_the_user() -> None:
    """Become the user that Elasticsearch runs as; until then fleet's socket is read, which is root's."""
    if os.geteuid() != 0:
        return
    os.setgroups([])
    os.setgid(USER)
    os.setuid(USER)
