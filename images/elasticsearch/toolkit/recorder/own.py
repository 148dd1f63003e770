"""The observer's own node: its process comes and goes, and sometimes it is there and says nothing."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.settings import Settings

from .line import CONNECT, Answer, Line
from .teller import Teller, now

SILENT = 3.0
"""Seconds without an answer after which a node with an open transport port is silent."""


@dataclass(frozen=True)
class Identity:
    """The node that answers: its id, another one after each start, and when it started, in milliseconds."""

    id: str
    started: int


class OwnNode:
    """Watches the transport port as the discovery does: the kernel says at once when the process behind it is gone."""

    def __init__(self, settings: Settings, teller: Teller, line: Line) -> None:
        self._settings, self._teller, self._line = settings, teller, line
        self._transport: socket.socket | None = None
        self._heard = time.monotonic()
        self._silent_since: float | None = None
        self.identity: Identity | None = None
        """Who answers; None as long as nobody does, or somebody else has the ports."""

    @property
    def waits_for(self) -> list[int]:
        """The descriptor that turns readable when the process ends."""
        return [] if self._transport is None else [self._transport.fileno()]

    @property
    def is_open(self) -> bool:
        """Whether the transport port accepts."""
        return self._transport is not None

    def look(self) -> None:
        """Notice at once that the process has ended."""
        if self._transport is not None and select.select([self._transport], [], [], 0)[0]:
            with contextlib.suppress(OSError):
                if self._transport.recv(4096):
                    return
            self._ended()

    def tick(self) -> None:
        """Look for the node, and for who it is."""
        if self._transport is None:
            with contextlib.suppress(OSError):
                address = (self._settings.ip, self._settings.transport_port)
                self._transport = socket.create_connection(address, CONNECT)
                self._heard = time.monotonic()
        elif self.identity is None:
            self._line.ask("/_nodes/_local/jvm", self._introduced)

    def answered(self, answer: Answer | None) -> None:
        """Take note of whether the node answered a question over HTTP."""
        elapsed = time.monotonic()
        if answer is not None:
            if self._silent_since is not None:
                silent = int((elapsed - self._silent_since) * 1000)
                self._tell("node_answers", duration_ms=silent)
            self._heard, self._silent_since = elapsed, None
        elif self._silent_since is None and self.identity is not None and elapsed - self._heard >= SILENT:
            self._silent_since = self._heard
            self._tell("node_silent", now() - int((elapsed - self._heard) * 1000))

    def _introduced(self, answer: Answer | None) -> None:
        found = _only_node({} if answer is None else answer.body)
        if found is None or self._transport is None:
            return
        id, fields = found
        if fields.get("name") != self._settings.node:
            return  # the discovery says so in the journal
        self._heard, self._silent_since = time.monotonic(), None
        self.identity = Identity(id, int(fields["jvm"]["start_time_in_millis"]))
        self._tell("process_started", self.identity.started, fact=id)

    def _ended(self) -> None:
        if self._transport is not None:
            self._transport.close()
        if self.identity is not None:
            self._tell("process_ended", fact=self.identity.id, duration_ms=now() - self.identity.started)
        self._transport, self.identity, self._silent_since = None, None, None

    def _tell(self, type: str, at: int | None = None, fact: str | None = None, **fields: Any) -> None:
        node_id = None if self.identity is None else self.identity.id
        self._teller.event(type, self._settings.node, at, fact, node=self._settings.node, node_id=node_id, **fields)


def _only_node(body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    nodes = body.get("nodes") or {}
    return next(iter(nodes.items())) if len(nodes) == 1 else None
