"""Delivers what the spool has to Elasticsearch, through the own node, whenever that has a master.

Settled is a document once Elasticsearch has answered for it: stored (also: stored before), or refused for ever, which
is told. What cannot be stored now goes to the end of the spool: one sick index does not hold up the others.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from toolkit.journal import Repeated
from toolkit.settings import Settings

from .indices import DAY, SAID_AGAIN, Indices, present_days
from .line import Answer, Line
from .spool import MOST, Batch, Document, Spool
from .state import State
from .teller import Teller, now

EVERY = 2.0
"""Seconds between two deliveries."""

RETRY = 5.0
"""Seconds until what failed is tried again."""

MUCH = 64 * 1024
"""Bytes of a delivery behind which there is likely more: it follows at once."""

TRIES = 3
"""Times that a batch is sent before what is left of it goes to the end of the spool."""

LATER = (403, 404, 408, 429)
"""Statuses below 500 that are not for ever: a block, an index that is not there yet, a time-out, a full queue."""


class Delivery:
    """Sends one batch at a time."""

    def __init__(self, settings: Settings, teller: Teller, spool: Spool, line: Line) -> None:
        self._settings, self._teller, self._spool, self._line = settings, teller, spool, line
        self._next = 0.0
        self._batch: Batch | None = None
        self._unsettled: list[Document] = []
        self._tries = 0
        self._is_much = False
        self._indices = Indices(settings, line, self.hurry)
        self._refused: list[str] = []
        self._journal = Repeated(every=SAID_AGAIN)

    def tick(self, state: State) -> None:
        """Send what is there, to a cluster that is in this state."""
        if time.monotonic() < self._next or not self._line.is_free:
            return
        self._next = time.monotonic() + EVERY
        if self._batch is None:
            self._take(state)
        if self._unsettled and self._indices.are_ready({_index(document) for document in self._unsettled}, state):
            self._send()

    def hurry(self) -> None:
        """Go on with the next tick."""
        self._next = 0.0

    def forget(self) -> None:
        """The node is gone: what was under way is sent again to the next one, which is asked for its template."""
        self._batch, self._unsettled = None, []
        self._indices.forget()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to be delivered."""
        return self._batch is None and self._spool.next() is None

    def _take(self, state: State) -> None:
        self._batch, self._tries = self._spool.next(), 0
        days = self._settings.marvel_retention_days
        documents = [] if self._batch is None else self._batch.documents
        # What is older would make an index that is deleted at once.
        recent = [document for document in documents if _at(document) >= now() - days * DAY]
        # So would what a clock that is days behind calls now. In doubt the oldest day: it loses the least.
        oldest = min(present_days(state, days), default=0) - days * DAY
        self._unsettled = [document for document in recent if _at(document) >= oldest]
        if len(self._unsettled) < len(recent):
            why = (
                f"it is older than what is kept, by the indices that are there: a clock is wrong, now is {_day(now())}"
            )
            self._refuse([document for document in recent if _at(document) < oldest], why)
            self._journal.say(f"some of the history is dropped: {why}")
        if self._batch is not None and not self._unsettled:
            self._settle()

    def _send(self) -> None:
        foreign = [document for document in self._unsettled if _index(document) in self._indices.foreign]
        if foreign:
            self._refuse(foreign, f"{_index(foreign[0])} is not this recorder's")
            self._unsettled = [document for document in self._unsettled if document not in foreign]
        if not self._unsettled:
            self._settle()
            return
        body = bulk(self._unsettled)
        self._is_much = len(body) >= MUCH or len(self._unsettled) >= MOST
        self._line.ask("/_bulk?timeout=5s", self._sent, "POST", body, within=15.0)

    def _sent(self, answer: Answer | None) -> None:
        self._tries += 1
        if answer is not None and answer.status == 200:
            self._sort(answer.body.get("items") or [])
        elif answer is not None and _is_for_ever(answer.status):
            self._refuse(self._unsettled, f"the whole delivery: {answer.status} {answer.body.get('error')}")
            self._unsettled = []
        if not self._unsettled:
            self._settle()
            if self._is_much:
                self.hurry()
            return
        self._next = time.monotonic() + RETRY
        if self._tries >= TRIES and answer is not None:
            self._spool.keep(self._unsettled)
            self._settle()

    def _sort(self, items: Sequence[dict[str, Any]]) -> None:
        later = []
        for document, item in zip(self._unsettled, items, strict=False):
            (outcome,) = item.values()
            status = int(outcome.get("status", 500))
            if _is_for_ever(status) and status != 409:
                self._refuse([document], f"{status} {outcome.get('error')}")
            elif status >= 300 and status != 409:
                later.append(document)
        self._unsettled = later + self._unsettled[len(items) :]

    def _refuse(self, documents: Sequence[Document], why: str) -> None:
        # Not of an event that tells just this: it would be refused, and told, for ever.
        self._refused += [why] * sum(document.fields.get("type") != "history_lost" for document in documents)

    def _settle(self) -> None:
        if self._batch is not None:
            self._spool.settle(self._batch)
        self._batch, self._unsettled = None, []
        self._indices.settled()
        if self._refused:
            node, count, cause = self._settings.node, len(self._refused), self._refused[0]
            self._refused = []
            self._teller.event("history_lost", node, node=node, count=count, cause=f"it cannot be stored: {cause}")


def day_index(at: int) -> str:
    """Return the index of a moment, in milliseconds since the epoch."""
    return time.strftime(".marvel-%Y.%m.%d", time.gmtime(at / 1000))


def bulk(documents: Sequence[Document]) -> bytes:
    """Return the body that stores documents, each only if there is none with its id."""
    lines = []
    for document in documents:
        header = {"create": {"_index": _index(document), "_type": document.kind, "_id": document.id}}
        lines += [json.dumps(header), json.dumps(document.fields)]
    return "".join(f"{line}\n" for line in lines).encode()


def _index(document: Document) -> str:
    return day_index(_at(document))


def _at(document: Document) -> int:
    return int(document.fields.get("@timestamp", 0))


def _day(at: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at / 1000))


def _is_for_ever(status: int) -> bool:
    return 400 <= status < 500 and status not in LATER
