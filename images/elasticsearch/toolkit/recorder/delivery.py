"""Delivers what the spool has to Elasticsearch, through the own node, whenever that has a master.

Settled is a document once Elasticsearch has answered for it: stored (also: stored before), or refused for ever, which
is told. What cannot be stored now goes to the end of the spool: one sick index does not hold up the others.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from toolkit.settings import Settings

from .line import Answer, Line
from .schema import TEMPLATE, VERSION, template
from .spool import Batch, Document, Spool
from .state import State
from .teller import Teller, now

EVERY = 2.0
"""Seconds between two deliveries."""

RETRY = 5.0
"""Seconds until what failed is tried again."""

TRIES = 3
"""Times that a batch is sent before what is left of it goes to the end of the spool."""

PATIENCE = 30.0
"""Seconds that the index of a new day waits for the nodes that are missing; for a quorum of them it waits for ever."""

DAY = 86_400_000
LATER = (403, 408, 429)
"""Statuses below 500 that are not for ever: a block, a time-out, a full queue."""


class Delivery:
    """Sends one batch at a time."""

    def __init__(self, settings: Settings, teller: Teller, spool: Spool, line: Line) -> None:
        self._settings, self._teller, self._spool, self._line = settings, teller, spool, line
        self._next = 0.0
        self._batch: Batch | None = None
        self._unsettled: list[Document] = []
        self._tries = 0
        self._wanted: set[str] = set()
        self._wanted_since = 0.0
        self._is_prepared = False
        self._refused: list[str] = []

    def tick(self, state: State) -> None:
        """Send what is there, to a cluster that is in this state."""
        if time.monotonic() < self._next or not self._line.is_free:
            return
        self._next = time.monotonic() + EVERY
        if self._batch is None:
            self._take()
        if self._unsettled and self._may_write(state):
            if self._is_prepared:
                self._send()
            else:
                self._line.ask(f"/_template/{TEMPLATE}", self._template_came, within=5.0)

    def hurry(self) -> None:
        """Deliver with the next tick: the process is about to end."""
        self._next = 0.0

    def forget(self) -> None:
        """The node is gone: what was under way is sent again to the next one, which is asked for its template."""
        self._batch, self._unsettled, self._is_prepared = None, [], False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to be delivered."""
        return self._batch is None and self._spool.next() is None

    def _take(self) -> None:
        self._batch, self._tries = self._spool.next(), 0
        oldest = now() - self._settings.marvel_retention_days * DAY
        documents = [] if self._batch is None else self._batch.documents
        # What is older would make an index that is deleted at once.
        self._unsettled = [document for document in documents if document.fields.get("@timestamp", 0) >= oldest]
        if self._batch is not None and not self._unsettled:
            self._settle()

    def _may_write(self, state: State) -> bool:
        """Say whether all indices of the batch are there, or may be made now."""
        new = {_index(document) for document in self._unsettled} - state.indices
        if not new:
            return True
        if new != self._wanted:
            self._wanted, self._wanted_since, self._is_prepared = new, time.monotonic(), False
        if len(state.nodes) < self._settings.quorum:
            return False
        is_long = time.monotonic() - self._wanted_since >= PATIENCE
        return len(state.nodes) >= self._settings.instances or is_long

    def _template_came(self, answer: Answer | None) -> None:
        if answer is None or answer.status not in (200, 404):
            return
        replicas = min(self._settings.marvel_replicas, self._settings.instances - 1)
        wanted = template(replicas)
        if _is_the_same(answer.body.get(TEMPLATE), wanted):
            self._is_prepared = True
            self._next = 0.0
            return
        body = json.dumps(wanted).encode()
        self._line.ask(f"/_template/{TEMPLATE}", self._template_put, "PUT", body, within=10.0)

    def _template_put(self, answer: Answer | None) -> None:
        self._is_prepared = answer is not None and answer.status == 200
        if self._is_prepared:
            self._next = 0.0

    def _send(self) -> None:
        self._line.ask("/_bulk?timeout=5s", self._sent, "POST", bulk(self._unsettled), within=15.0)

    def _sent(self, answer: Answer | None) -> None:
        self._tries += 1
        if answer is not None and answer.status == 200:
            self._sort(answer.body.get("items") or [])
        elif answer is not None and _is_for_ever(answer.status):
            self._refuse(self._unsettled, f"the whole delivery: {answer.status} {answer.body.get('error')}")
            self._unsettled = []
        if not self._unsettled:
            self._settle()
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
        self._batch, self._unsettled, self._wanted = None, [], set()
        if self._refused:
            node, count, cause = self._settings.node, len(self._refused), self._refused[0]
            self._refused = []
            self._teller.event("history_lost", node, node=node, count=count, cause=f"Elasticsearch refuses it: {cause}")


class Retention:
    """Deletes the indices of days that are too long ago; asked by the master's own recorder only."""

    def __init__(self, settings: Settings, line: Line, today: Callable[[], int] = now) -> None:
        self._days, self._line, self._today = settings.marvel_retention_days, line, today
        self._next = 0.0

    def tick(self, state: State) -> None:
        """Delete one index, if there is one that is too old: also one that a machine has brought back."""
        if not self._line.is_free or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY
        oldest = day_index(self._today() - self._days * DAY)
        for name in sorted(state.indices):
            if re.fullmatch(r"\.marvel-\d{4}\.\d\d\.\d\d", name) and name < oldest:
                self._line.ask(f"/{name}", lambda _answer: None, "DELETE", within=30.0)
                return


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
    return day_index(int(document.fields.get("@timestamp", 0)))


def _is_for_ever(status: int) -> bool:
    return 400 <= status < 500 and status not in LATER


def _is_the_same(found: Any, wanted: dict[str, Any]) -> bool:
    """Whether the template is there already, with these replicas."""
    try:
        replicas = found["settings"]["index.number_of_replicas"]
        version = found["mappings"]["event"]["_meta"]["version"]
    except (KeyError, TypeError):
        return False
    return (int(replicas), int(version)) == (wanted["settings"]["number_of_replicas"], VERSION)
