"""Overdue copies: those that nothing keeps from being placed, and that Elasticsearch does not place.

Elasticsearch 1.7.6 holds the copies of a node that left back for a while (`NODE_LEFT_TIMEOUT`), in case it returns, and
then looks at them again. It may forget to: its cluster stays yellow until something else changes in it. Asking it to
look is harmless at any time. Only the master's own instance asks, and once for each state that it finds so.
"""

from __future__ import annotations

import time

from .elasticsearch import Elasticsearch
from .journal import say

EVERY = 5.0


class OverdueCopies:
    """Looks every five seconds; copies are overdue when two looks find the same state with them."""

    def __init__(self, node: Elasticsearch) -> None:
        self._node = node
        self._next = 0.0
        self._suspect: int | None = None
        self._asked: int | None = None

    def look(self) -> None:
        """Have Elasticsearch place what is overdue."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY
        suspect, self._suspect = self._suspect, None
        copies = self._node.idle_copies()
        version = self._node.version_as_master() if copies else None
        if version is None or version == self._asked:
            return
        if version != suspect:
            self._suspect = version
        elif self._node.reroute():
            self._asked = version
            say(f"{copies} copies wait and nothing is being copied: Elasticsearch was asked to place them")
