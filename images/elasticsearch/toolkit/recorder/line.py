"""A line to the node: one question at a time over one connection that is kept, and nobody waits for the answer.

Who asks goes on at once, and is called with the answer when it has come, or with None at the deadline. So a node that
is frozen costs the recorder nothing but this line.
"""

from __future__ import annotations

import http.client
import json
import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CONNECT = 0.5
"""Seconds for a connection to a node of the same machine: only one whose queue is full, for it is frozen, needs any."""

READ = 2.0
"""Seconds for the rest of an answer that has begun."""


@dataclass(frozen=True)
class Answer:
    """What HTTP answered: its status, and its JSON object."""

    status: int
    body: dict[str, Any]


Then = Callable[[Answer | None], None]


class Line:
    """Asks the node at an address. `then` is called from `look`, never from `ask`."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._connection: http.client.HTTPConnection | None = None
        self._then: Then | None = None
        self._deadline = 0.0
        self._failed = False

    @property
    def is_free(self) -> bool:
        """Whether nothing is being asked."""
        return self._then is None

    @property
    def waits_for(self) -> list[int]:
        """The descriptor that turns readable when the answer comes; none while nothing is asked."""
        sock = self._connection.sock if self._connection is not None and not self.is_free else None
        return [sock.fileno()] if sock is not None else []

    def ask(self, path: str, then: Then, method: str = "GET", body: bytes | None = None, within: float = 2.0) -> None:
        """Ask, if nothing is being asked; `then` gets the answer, or None if there is none within so many seconds."""
        if not self.is_free:
            return
        self._then, self._deadline, self._failed = then, time.monotonic() + within, False
        try:
            self._open().request(method, path, body)
        except (OSError, http.client.HTTPException):
            self._failed = True

    def look(self) -> None:
        """Hand over what has come, or that nothing will."""
        if self._then is None:
            return
        if self._failed:
            self._answered(None)
        elif _is_readable(self._connection):
            self._answered(self._read())
        elif time.monotonic() >= self._deadline:
            self._answered(None)

    def close(self) -> None:
        """Forget the connection, and what is being asked."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._then = None, None

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is not None and _is_readable(self._connection):
            self.close_connection()  # the node has closed it meanwhile
        if self._connection is None:
            self._connection = http.client.HTTPConnection(*self._address, timeout=CONNECT)
            self._connection.connect()
            self._connection.sock.settimeout(READ)
        return self._connection

    def close_connection(self) -> None:
        """Have the next question open a new connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _read(self) -> Answer | None:
        assert self._connection is not None
        try:
            reply = self._connection.getresponse()
            body = json.loads(reply.read())
            return Answer(reply.status, body if isinstance(body, dict) else {})
        except (OSError, http.client.HTTPException, ValueError):
            return None

    def _answered(self, answer: Answer | None) -> None:
        then, self._then = self._then, None
        if answer is None:
            self.close_connection()
        if then is not None:
            then(answer)


def _is_readable(connection: http.client.HTTPConnection | None) -> bool:
    sock = None if connection is None else connection.sock
    return sock is not None and bool(select.select([sock], [], [], 0)[0])
