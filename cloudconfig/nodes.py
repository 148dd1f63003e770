"""YAML as text with line numbers: what the user wrote, before any field gives it a type.

A YAML loader would turn ``off`` into false, ``0644`` into 420 and ``1:2`` into 62. Only the composer is used here, so
a scalar stays the text that stands in the file until the field it belongs to says what it should be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import yaml

from cloudconfig.problems import Problem, Rejected

_Loader: type[yaml.CBaseLoader] | type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True)
class Scalar:
    """One value as text; `plain` where it stands without quotes."""

    line: int
    text: str
    plain: bool = True

    @property
    def is_null(self) -> bool:
        """Whether nothing was written, as after ``units:`` with no list below it."""
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True)
class Sequence:
    """A list."""

    line: int
    items: tuple[Value, ...]


@dataclass(frozen=True)
class Entry:
    """One key of a mapping, with its value."""

    line: int
    key: str
    value: Value


@dataclass(frozen=True)
class Mapping:
    """Keys and values, in the order of the file."""

    line: int
    entries: tuple[Entry, ...]


Value: TypeAlias = Scalar | Sequence | Mapping


def parse(text: str) -> Value:
    """Read one YAML document; raise Rejected with the line where it is not YAML or says a key twice."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise Rejected([_yaml_problem(error)]) from error
    if node is None:
        return Mapping(1, ())
    problems: list[Problem] = []
    value = _convert(node, problems, ())
    if problems:
        raise Rejected(problems)
    return value


def _yaml_problem(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    words = getattr(error, "problem", None) or str(error).splitlines()[0]
    return Problem(mark.line + 1 if mark else 1, f"not YAML: {words}")


def _convert(node: yaml.Node, problems: list[Problem], parents: tuple[yaml.Node, ...]) -> Value:
    line = node.start_mark.line + 1
    if any(node is parent for parent in parents):
        problems.append(Problem(line, "an alias refers to the value that it stands in"))
        return Scalar(line, "")
    inside = (*parents, node)
    if isinstance(node, yaml.SequenceNode):
        return Sequence(line, tuple(_convert(item, problems, inside) for item in node.value))
    if isinstance(node, yaml.MappingNode):
        return Mapping(line, _entries(node, problems, inside))
    return Scalar(line, str(node.value), plain=not getattr(node, "style", None))


def _entries(node: yaml.MappingNode, problems: list[Problem], parents: tuple[yaml.Node, ...]) -> tuple[Entry, ...]:
    entries: dict[str, Entry] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(Problem(line, "a key must be a single word"))
            continue
        key = str(key_node.value)
        if key in entries:
            problems.append(Problem(line, f'key "{key}" stands twice: first in line {entries[key].line}'))
            continue
        entries[key] = Entry(line, key, _convert(value_node, problems, parents))
    return tuple(entries.values())
