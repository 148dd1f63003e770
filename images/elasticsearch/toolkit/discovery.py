"""Discovery: publishes this instance's host while its node's transport port accepts, and watches over the node.

Why the transport port and not HTTP: a node without a master serves no HTTP 200, but it is exactly the node that the
others must find.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable

from .elasticsearch import Elasticsearch
from .etcd import Etcd, EtcdUnavailable
from .hosts import Hosts
from .journal import Repeated, say
from .lock import Lock
from .overdue import OverdueCopies
from .recorder.child import Child
from .settings import Settings
from .stopping import Terminated, pause
from .watchdog import Watchdog

TICK = 0.1
NODE_MUST_RESTART = 75


class Discovery:
    """Publishes one instance's host, again and again as its node comes and goes."""

    def __init__(self, settings: Settings, etcd: Etcd, node: Elasticsearch) -> None:
        self._settings = settings
        self._hosts = Hosts(etcd, settings)
        self._node = node
        self._watchdog = Watchdog(settings, node, self._hosts, Lock(etcd, settings))
        self._overdue = OverdueCopies(node)
        self._recorder = Child(settings)
        self._journal = Repeated()
        self._lease: str | None = None
        self._renew_at = 0.0

    def run(self) -> int:
        """Publish until told to stop (0), or until the node must be restarted (75: the unit does it)."""
        verdict = None
        try:
            while verdict is None:
                self._recorder.look()
                connection = self._node.transport()
                if connection is None:
                    verdict = self._guarded(self._watchdog.look_at_a_closed_node)
                    pause(TICK)
                    continue
                with connection:
                    verdict = self._while_it_accepts(connection)
                if verdict is None:
                    self._withdraw("the transport port is closed, or another node's")
            self._withdraw(verdict)
            say(f"{self._settings.node} must be restarted: {verdict}")
            return NODE_MUST_RESTART
        except Terminated:
            self._withdraw("told to stop")
            return 0
        finally:
            self._recorder.end()

    def _while_it_accepts(self, connection: socket.socket) -> str | None:
        """Return what is wrong with the node, or None once it has closed the connection or turns out to be another."""
        while True:
            if time.monotonic() >= self._renew_at and self._node.is_another():
                return None
            verdict = self._guarded(self._keep_published) or self._guarded(self._watchdog.look_at_an_open_node)
            if verdict is not None:
                return verdict
            self._overdue.look()
            self._recorder.look()
            # The node says nothing on an idle connection: readable means that it is gone, and at once.
            if select.select([connection], [], [], 1.0)[0] and _has_ended(connection):
                return None

    def _guarded(self, step: Callable[[], str | None]) -> str | None:
        try:
            return step()
        except EtcdUnavailable as error:
            self._journal.say(f"{error}; the node goes on without it")
            return None

    def _keep_published(self) -> None:
        if time.monotonic() < self._renew_at:
            return
        if self._lease is None or not self._hosts.keep(self._lease):
            self._lease = self._hosts.publish()
            say(f"{self._settings.node} is published at {self._settings.ip}")
        self._renew_at = time.monotonic() + self._settings.host_ttl / 3

    def _withdraw(self, why: str) -> None:
        self._renew_at = 0.0
        if self._lease is None:
            return
        lease, self._lease = self._lease, None
        try:
            self._hosts.withdraw(lease)
            say(f"{self._settings.node} is withdrawn: {why}")
        except EtcdUnavailable as error:
            say(f"{error}; {self._settings.node} drops out in {self._settings.host_ttl} s: {why}")


def _has_ended(connection: socket.socket) -> bool:
    try:
        return not connection.recv(4096)
    except OSError:
        return True
