"""The teller: stamps what happened with who saw it and when, and puts it into the spool.

An id made of the fact itself has all recorders tell the same event once; without one, it is this observer's own view.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from toolkit.settings import Settings

from .spool import Document, Spool

LONGEST = 500
"""Characters of a text; a cause may quote an exception with its whole stack."""


def now() -> int:
    """Return the time as the history has it: milliseconds since the epoch."""
    return int(time.time() * 1000)


class Teller:
    """Tells the events of one observer. `version` and `master` are what its node knows of the cluster now."""

    def __init__(self, settings: Settings, spool: Spool) -> None:
        self._spool = spool
        self._node = settings.node
        self._run = secrets.token_hex(4)
        self._number = 0
        self._told: list[Document] = []
        self._is_urgent = False
        self._who = {
            "observer": settings.node,
            "machine": settings.ip,
            "cluster": settings.cluster_name or settings.label,
        }
        self.version: int | None = None
        self.master: str | None = None

    def event(self, type: str, subject: str, at: int | None = None, fact: str | None = None, **fields: Any) -> None:
        """Tell an event; `at` is now unless given, and fields that are None are left out."""
        known = {"version": self.version, "master": self.master}
        self.document("event", fact and f"{type}:{fact}", at, type=type, subject=subject, **(known | fields))
        self._is_urgent = True

    def document(self, kind: str, id: str | None, at: int | None = None, **fields: Any) -> None:
        """Tell a document of any kind, under an id of its own if none is given."""
        self._number += 1
        seen = now()
        stamps = {"@timestamp": seen if at is None else at, "seen": seen}
        own = f"{fields.get('type', kind)}:{self._node}:{self._run}:{self._number}"
        short = {name: _short(value) for name, value in fields.items() if value is not None}
        self._told.append(Document(kind, id or own, stamps | self._who | short))

    def write(self) -> bool:
        """Have the spool keep what was told since the last time; return whether there was an event among it."""
        lost = self._spool.lost()
        if lost:
            self.event(
                "history_lost",
                self._node,
                node=self._node,
                count=lost,
                cause="the spool was full: the oldest documents were dropped",
            )
        told, self._told = self._told, []
        urgent, self._is_urgent = self._is_urgent, False
        self._spool.keep(told, durably=urgent)
        return urgent


def _short(value: Any) -> Any:
    return value[:LONGEST] if isinstance(value, str) else value
