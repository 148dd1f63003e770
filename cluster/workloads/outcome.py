"""What is known of a request by the answer to its only try."""

from __future__ import annotations

from enum import Enum

import elasticsearch


class Outcome(Enum):
    """What is known of a write."""

    ACKED = "acked"
    REFUSED = "refused"
    UNKNOWN = "unknown"


PHASES = {Outcome.ACKED: "ok", Outcome.REFUSED: "fail", Outcome.UNKNOWN: "unknown"}
"""What an outcome is called in the history."""


def outcome(failure: Exception | None) -> Outcome:
    """Judge one request by the exception that its only try raised, None for an answer of 2xx.

    4xx and 503 are refusals, except 409: with `op_type=create` and an id of its own it says that the document
    is there, from a try inside Elasticsearch. A connection that was not made is a refusal too; one that broke, or
    a time-out, leaves it unknown.
    """
    if failure is None:
        return Outcome.ACKED
    if isinstance(failure, elasticsearch.ConnectionTimeout):
        return Outcome.UNKNOWN
    if isinstance(failure, elasticsearch.ConnectionError):
        never_made = type(failure.info).__name__ == "NewConnectionError"
        return Outcome.REFUSED if never_made else Outcome.UNKNOWN
    if isinstance(failure, elasticsearch.TransportError):
        status = int(failure.status_code)
        return Outcome.REFUSED if status == 503 or (400 <= status < 500 and status != 409) else Outcome.UNKNOWN
    raise failure
