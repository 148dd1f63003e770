"""Replicas: as many copies as were meant, each on a machine of its own."""

from __future__ import annotations

from collections.abc import Sequence

from cluster.checkers.books import Book
from cluster.checkers.verdict import Complaint, Verdict


def replicas_as_meant(books: Sequence[Book]) -> Verdict:
    """Whenever all copies of an index were read, there were as many as it is to have, on as many machines."""
    rounds = [(book.index, one) for book in books for one in book.rounds]
    complaints = []
    for index, one in rounds:
        machines = sorted({copy.machine for copy in one.copies})
        if len(one.copies) != one.expected or len(machines) != len(one.copies):
            told = f"{len(one.copies)} of {one.expected} copies of {index} on {', '.join(machines) or 'no machine'}"
            complaints.append(Complaint(f"{told} at {one.since:.1f}", one.since, one.until))
    return Verdict("as many replicas as meant, each on another machine", len(rounds), tuple(complaints))
