"""Patterns on unit names, as `Conflicts=` and `Replaces=` use them: the rules of Go's path.Match."""

import re
from functools import lru_cache

_ANYTHING, _NOTHING = r"[\s\S]", r"(?!)"


def matches(pattern: str, name: str) -> bool:
    """Whether the whole name matches: `*` and `?` stop at `/`, `[a-z]` and `[^a-z]` are classes, `\\` quotes.

    A malformed pattern matches nothing, as in fleet: the unit then simply has no such conflict.
    """
    compiled = _compiled(pattern)
    return compiled is not None and compiled.fullmatch(name) is not None


class _MalformedError(ValueError):
    """A pattern with an unfinished class, range or quote."""


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        first, *rest = _chunks(pattern)
    except _MalformedError:
        return None
    # Each chunk is taken where it first fits and kept (atomic groups), so that no pattern can take exponential time.
    middle = "".join(f"(?>[^/]*?{chunk})" for chunk in rest[:-1])
    last = f"[^/]*?{rest[-1]}" if rest else ""
    return re.compile(first + middle + last)


def _chunks(pattern: str) -> list[str]:
    """The regular expressions of what stands between the stars."""
    chunks, at = [""], 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*":
            chunks.append("")
        elif character == "?":
            chunks[-1] += "[^/]"
        elif character == "[":
            expression, at = _class_at(pattern, at)
            chunks[-1] += expression
        else:
            literal, at = _literal_at(pattern, at - 1)
            chunks[-1] += re.escape(literal)
    return chunks


def _class_at(pattern: str, at: int) -> tuple[str, int]:
    """The regular expression of the class whose inside starts at `at`, and where the pattern goes on."""
    negated = pattern.startswith("^", at)
    at += negated
    ranges: list[str] = []
    while not ranges or not pattern.startswith("]", at):
        low, at = _bound_at(pattern, at)
        high = low
        if pattern.startswith("-", at):
            high, at = _bound_at(pattern, at + 1)
        ranges.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else "")
    inside = "".join(ranges)
    if not inside:
        return _ANYTHING if negated else _NOTHING, at + 1
    return f"[{'^' if negated else ''}{inside}]", at + 1


def _bound_at(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at : at + 1] in ("", "-", "]"):
        raise _MalformedError(pattern)
    return _literal_at(pattern, at)


def _literal_at(pattern: str, at: int) -> tuple[str, int]:
    """One literal character, perhaps quoted by a backslash."""
    if pattern[at] == "\\":
        at += 1
        if at == len(pattern):
            raise _MalformedError(pattern)
    return pattern[at], at + 1
