"""One request of a client, as the history is told of it: when it was begun, and what became of it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import elasticsearch

from cluster import history
from cluster.errors import InfraError
from cluster.workloads.outcome import PHASES, Outcome, outcome

_ids = itertools.count(1)

WORDS = 300
"""How many characters of an error are told."""


class Told:
    """How the request ends: what it has found goes into `fields`; `outcome` is there when it is over."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.outcome = Outcome.UNKNOWN
        self.failure: Exception | None = None


@contextmanager
def told(process: str, f: str, **where: str | None) -> Iterator[Told]:
    """Tell the history of the request that is made inside the block, which tries once.

    What Elasticsearch or the way to it raises is an outcome and not raised further; any other exception is.
    """
    end, number, began = Told(), next(_ids), time.monotonic()
    fields: dict[str, Any] = {"id": number, "process": process, "f": f, **where}
    history.tell("operation", **fields, phase="invoke")
    try:
        try:
            yield end
        except elasticsearch.ElasticsearchException as error:
            end.failure = error
        except InfraError as error:
            end.failure = error
            return
        end.outcome = outcome(end.failure)
    finally:
        fields |= {"phase": PHASES[end.outcome], "took": round(time.monotonic() - began, 6), **end.fields}
        if end.failure is not None:
            fields["error"] = str(end.failure)[:WORDS]
        history.tell("operation", **fields)
