"""Lists of documents in few words: a thousand numbered ids in a row are one word of a line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

_NUMBER = "0|[1-9][0-9]{0,17}"
_NUMBERED = re.compile(rf"(?P<stem>.*?)(?P<number>{_NUMBER})", re.DOTALL)
_FOLDED = re.compile(rf"(?P<stem>.*?)(?P<first>{_NUMBER})\.\.(?P<last>{_NUMBER})", re.DOTALL)


def folded(names: Iterable[str]) -> list[str]:
    """Return the names in order, those that differ in their last number only as `doc-1..9`; each stands there once.

    Raises ValueError for a name with two dots in a row: it could not be told from such a word.
    """
    numbers: dict[str, list[int]] = {}
    words: list[tuple[str, int, str]] = []
    for name in set(names):
        if ".." in name:
            raise ValueError(f"a document's id has no two dots in a row: {name!r}")
        match = _NUMBERED.fullmatch(name)
        if match:
            numbers.setdefault(match["stem"], []).append(int(match["number"]))
        else:
            words.append((name, 0, name))
    for stem, found in numbers.items():
        rows = [(first, f"{first}" if first == last else f"{first}..{last}") for first, last in _rows(found)]
        words += [(stem, first, f"{stem}{row}") for first, row in rows]
    return [word for _, _, word in sorted(words)]


def unfolded(words: Iterable[str]) -> frozenset[str]:
    """Return the names that were folded."""
    found: set[str] = set()
    for word in words:
        match = _FOLDED.fullmatch(word)
        if match:
            found |= {f"{match['stem']}{number}" for number in range(int(match["first"]), int(match["last"]) + 1)}
        else:
            found.add(word)
    return frozenset(found)


def _rows(numbers: Collection[int]) -> list[tuple[int, int]]:
    """Return the first and the last of each row of successive numbers."""
    rows: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if rows and rows[-1][1] == number - 1:
            rows[-1] = rows[-1][0], number
        else:
            rows.append((number, number))
    return rows
