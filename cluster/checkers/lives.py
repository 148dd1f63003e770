"""The lives of a cluster in one run: it may be removed and made anew, and then etcd counts from the beginning."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from cluster.history import History, Phase


def lives(history: History) -> list[History]:
    """Return the history of each life: from one making's beginning to the next; what is before the first has its own.

    A removal's beginning divides nothing: those who look at the old cluster go on for a moment after it.
    """
    begins = [phase.at for phase in history.of(Phase) if (phase.name, phase.phase) == ("up", "begin")]
    bounds = [float("-inf"), *begins, float("inf")]
    parts = [
        replace(history, entries=[entry for entry in history.entries if since <= entry.at < until], lines=())
        for since, until in pairwise(bounds)
    ]
    return [part for part in parts if part.entries]
