"""Documents: what was acknowledged is there, on each copy; what was not is not seen and lost; the copies agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from cluster.checkers.books import Book, Fate, Round
from cluster.checkers.verdict import Complaint, Verdict

SETTLES = 60.0
"""Seconds after which nobody goes on with a write whose client has given up: Elasticsearch's own limit for a write."""


def acknowledged_documents_lost(books: Sequence[Book]) -> Verdict:
    """Each acknowledged document is on at least one copy whenever the copies are read afterwards."""
    return _judged("no acknowledged document is lost", books, _on_none)


def some_copies_lost(books: Sequence[Book]) -> Verdict:
    """Each acknowledged document that is there at all is on every copy."""
    return _judged("every copy has every acknowledged document", books, _not_on_all)


def dirty_documents(books: Sequence[Book]) -> Verdict:
    """No refused document is there, and none was read that was never acknowledged and then is on no copy."""
    complaints = [complaint for book in books for one in book.rounds for complaint in _dirty(book, one)]
    seen = sum(len(book.sightings) + sum(_asked(book, one) for one in book.rounds) for book in books)
    return Verdict("no document is dirty: refused, yet there; read, yet never there", seen, _once(complaints))


def copies_disagree(books: Sequence[Book]) -> Verdict:
    """All copies of a shard have the same of the documents that are not under way any more."""
    complaints, observed = [], 0
    for book in books:
        for one in book.rounds:
            settled = {fate.document for fate in book.fates.values() if _is_settled(fate, one)} & one.asked
            observed += len(settled) if len(one.copies) > 1 else 0
            complaints += [_differ(book, one, document) for document in sorted(settled) if _is_on_some(one, document)]
    return Verdict("the copies have the same documents", observed, _once(complaints))


def _judged(question: str, books: Sequence[Book], wrong: Callable[[Round, Fate], str]) -> Verdict:
    complaints, judged = [], set()
    for book in books:
        for one in book.rounds:
            for fate in _acknowledged(book, one):
                judged.add((book.index, fate.document))
                if said := wrong(one, fate):
                    complaints.append(_complaint(book, fate, said))
    unread = "; ".join(filter(None, (book.unread for book in books)))
    return Verdict(question, len(judged), _once(complaints)).but(unread or None)


def _acknowledged(book: Book, one: Round) -> list[Fate]:
    """Return the writes that were acknowledged before the round began, and which it asked for."""
    return [
        fate
        for fate in book.of("ok")
        if fate.document in one.asked and fate.until is not None and fate.until <= one.since
    ]


def _on_none(one: Round, fate: Fate) -> str:
    there = any(fate.document in copy.found for copy in one.copies)
    return "" if there else f"is on none of {len(one.copies)} copies"


def _not_on_all(one: Round, fate: Fate) -> str:
    lacking = [copy for copy in one.copies if fate.document not in copy.found]
    if len(lacking) == len(one.copies):
        return ""  # lost, and that is another question
    return f"is not on {', '.join(sorted(copy.machine for copy in lacking))}" if lacking else ""


def _dirty(book: Book, one: Round) -> Iterable[Complaint]:
    there = {document for copy in one.copies for document in copy.found}
    for fate in book.of("fail"):
        if fate.document in there:
            yield _complaint(book, fate, "was refused and is there")
    for sighting in book.sightings:
        fate = book.fates.get(sighting.document, Fate(sighting.document, sighting.at))
        if fate.outcome == "ok" or sighting.at > one.since or sighting.document not in one.asked - there:
            continue
        yield _complaint(book, fate, f"was read at {sighting.at:.1f} and is on no copy")


def _asked(book: Book, one: Round) -> int:
    """Return how many documents were asked for that would be dirty, or could have been."""
    return len(one.asked & book.fates.keys())


def _is_settled(fate: Fate, one: Round) -> bool:
    if fate.until is None:
        return False
    return fate.until + (SETTLES if fate.outcome == "unknown" else 0) <= one.since


def _is_on_some(one: Round, document: str) -> bool:
    return 0 < sum(document in copy.found for copy in one.copies) < len(one.copies)


def _differ(book: Book, one: Round, document: str) -> Complaint:
    there = sorted(copy.machine for copy in one.copies if document in copy.found)
    return _complaint(book, book.fates[document], f"is on {', '.join(there)} only, of {len(one.copies)} copies")


def _complaint(book: Book, fate: Fate, said: str) -> Complaint:
    via = f" through {fate.machine}" if fate.machine else ""
    told = {"ok": "acknowledged", "fail": "refused", "unknown": "not answered"}[fate.outcome]
    until = fate.since if fate.until is None else fate.until
    words = f"{fate.document} of {book.index}, {told} at {until:.1f}{via}, {said}"
    return Complaint(words, fate.since, until)


def _once(complaints: Iterable[Complaint]) -> tuple[Complaint, ...]:
    """Return them without repetitions: each later round would say the same."""
    return tuple(dict.fromkeys(complaints))
