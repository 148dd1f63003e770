"""A history that was written: whole entries in the order in which they happened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, overload

from cluster.history.entries import KINDS, Entry, Header, Other

E = TypeVar("E", bound=Entry)


class HistoryError(ValueError):
    """The file is no history; the message says what is wrong and in which line."""


@dataclass(frozen=True)
class History:
    """A run as it was told: its header, and all entries in order of their time.

    `lines` has the raw line of each entry, in the same order. `cut` counts lines that are not whole: a killed writer's
    last one, or what a full disk has left.
    """

    header: Header
    entries: Sequence[Entry]
    lines: Sequence[str] = ()
    cut: int = 0

    @overload
    def of(self, kind: type[E]) -> list[E]: ...
    @overload
    def of(self, kind: str) -> list[Entry]: ...
    def of(self, kind: type[E] | str) -> Sequence[Entry]:
        """Return the entries of a kind, given by its class or its word, in order of their time."""
        if isinstance(kind, str):
            return [entry for entry in self.entries if entry.kind == kind]
        return [entry for entry in self.entries if isinstance(entry, kind)]

    @property
    def ended(self) -> float:
        """The time of the last entry."""
        return self.entries[-1].at if self.entries else 0.0


def read(path: Path) -> History:
    """Read a history, also one that is still written; raises HistoryError, or OSError where there is no file."""
    try:
        return parse(path.read_text(errors="replace").splitlines())
    except HistoryError as error:
        raise HistoryError(f"{path.name}: {error}") from error


def parse(lines: Iterable[str]) -> History:
    """Return the history of these lines. A line that is not whole is passed over and counted: see History."""
    found: list[tuple[Entry, str]] = []
    cut = 0
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            found.append((entry(json.loads(line)), line))
        except json.JSONDecodeError:
            cut += 1
        except (TypeError, KeyError, AttributeError) as error:
            raise HistoryError(f"line {number} is no entry: {error}") from error
    if not found or not isinstance(found[0][0], Header):
        raise HistoryError("the first line is no header: this is no history")
    found.sort(key=lambda pair: pair[0].at)
    header = next(one for one, _ in found if isinstance(one, Header))
    return History(header, [one for one, _ in found], [line for _, line in found], cut)


def entry(line: dict[str, Any]) -> Entry:
    """Return the entry that a line's object tells; fields that this version does not know are left out."""
    kind = KINDS.get(line["kind"])
    if kind is None:
        return Other(at=line["at"], fields=line)
    known, needed = _FIELDS[kind]
    if missing := needed - line.keys():
        raise KeyError(f"a {kind.kind} without {', '.join(sorted(missing))}")
    return kind(**{name: _frozen(value) for name, value in line.items() if name in known})


def _needed(kind: type[Entry]) -> set[str]:
    return {one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING}


_FIELDS = {kind: ({one.name for one in fields(kind)}, _needed(kind)) for kind in KINDS.values()}
"""The names of each kind's fields, and of those that must be there."""


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
