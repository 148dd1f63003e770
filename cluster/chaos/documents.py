"""What became of the documents of a campaign, counted from its history."""

from __future__ import annotations

from cluster.checkers import acknowledged_documents_lost, books_in
from cluster.history import History

FATES = {"acknowledged": "ok", "not answered": "unknown", "refused": "fail"}


def counted(history: History) -> dict[str, int]:
    """Return how many documents were acknowledged, were not answered, were refused; and were acknowledged and lost."""
    books = books_in(history)
    counts = {fate: sum(len(book.of(outcome)) for book in books) for fate, outcome in FATES.items()}
    return {**counts, "lost": len(acknowledged_documents_lost(books).complaints)}
