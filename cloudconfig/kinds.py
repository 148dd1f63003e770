"""The types that the fields of a cloud-config can have, and how text becomes a value of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from cloudconfig import nodes
from cloudconfig.problems import Problem

_TRUE = frozenset({"true", "yes", "on", "y"})
_FALSE = frozenset({"false", "no", "off", "n"})
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")

Check = Callable[[str], str | None]


class Kind(Protocol):
    """A type of field."""

    def read(self, value: nodes.Value, where: str, problems: list[Problem]) -> Any:
        """Return the value as Python, noting problems; what is returned after a problem is of no use."""


class _ScalarKind:
    """What all single values share: a list or a mapping in their place is a mistake."""

    wants = "a string"

    def read(self, value: nodes.Value, where: str, problems: list[Problem]) -> Any:
        if not isinstance(value, nodes.Scalar):
            problems.append(Problem(value.line, f"{where}: expected {self.wants}, got {name_of(value)}"))
            return None
        try:
            return self.parse(value)
        except ValueError as error:
            problems.append(Problem(value.line, f"{where}: {error}"))
            return None

    def parse(self, value: nodes.Scalar) -> Any:
        raise NotImplementedError

    def _refuse(self, value: nodes.Scalar) -> ValueError:
        quoted = "" if value.plain else " in quotes"
        return ValueError(f'expected {self.wants}, got "{value.text}"{quoted}')


@dataclass(frozen=True)
class Text(_ScalarKind):
    """A string: the text as it stands in the file, so 0644 stays 0644 and off stays off."""

    check: Check | None = None

    def parse(self, value: nodes.Scalar) -> str:
        """Return the text; raise ValueError with the check's words."""
        text = "" if value.is_null else value.text
        complaint = self.check(text) if self.check and text else None
        if complaint:
            raise ValueError(complaint)
        return text


@dataclass(frozen=True)
class Choice(_ScalarKind):
    """One of a few words."""

    words: tuple[str, ...]

    def parse(self, value: nodes.Scalar) -> str:
        """Return the word; raise ValueError that lists the words."""
        text = "" if value.is_null else value.text
        if text and text not in self.words:
            raise ValueError(f'invalid value "{text}": one of {", ".join(word for word in self.words if word)}')
        return text


@dataclass(frozen=True)
class Flag(_ScalarKind):
    """True or false, in YAML's words and without quotes."""

    wants = "true or false"

    def parse(self, value: nodes.Scalar) -> bool:
        """Return the truth; raise ValueError for any other text."""
        if value.is_null:
            return False
        word = value.text.lower()
        if not value.plain or word not in _TRUE | _FALSE:
            raise self._refuse(value)
        return word in _TRUE


@dataclass(frozen=True)
class Integer(_ScalarKind):
    """A whole number."""

    wants = "a whole number"

    def parse(self, value: nodes.Scalar) -> int:
        """Return the number; raise ValueError for any other text."""
        if value.is_null:
            return 0
        if not value.plain or not _INTEGER.fullmatch(value.text):
            raise self._refuse(value)
        return int(value.text)


@dataclass(frozen=True)
class Decimal(_ScalarKind):
    """A number that may have a fraction."""

    wants = "a number"

    def parse(self, value: nodes.Scalar) -> float:
        """Return the number; raise ValueError for any other text."""
        if value.is_null:
            return 0.0
        if not value.plain or not _DECIMAL.fullmatch(value.text):
            raise self._refuse(value)
        return float(value.text)


@dataclass(frozen=True)
class Listing:
    """A list whose items are all of one kind."""

    of: Kind

    def read(self, value: nodes.Value, where: str, problems: list[Problem]) -> list[Any]:
        """Return the items, in order."""
        if isinstance(value, nodes.Scalar) and value.is_null:
            return []
        if not isinstance(value, nodes.Sequence):
            problems.append(Problem(value.line, f"{where}: expected a list, got {name_of(value)}"))
            return []
        return [self.of.read(item, f"{where}[{index}]", problems) for index, item in enumerate(value.items)]


def name_of(value: nodes.Value) -> str:
    """Say in words what stands in the file."""
    if isinstance(value, nodes.Scalar):
        return f'"{value.text}"' if value.text else "nothing"
    return "a list" if isinstance(value, nodes.Sequence) else "keys and values"
