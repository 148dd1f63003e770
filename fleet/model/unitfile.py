"""Unit files: parsed options, the canonical text that reaches the machines, and the hash that names a version.

Comments, blank lines and spaces round `=` do not matter: files that differ in nothing else are the same unit.
Named tuples and not dataclasses, because importing `dataclasses` doubles the start time of fleetctl.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

MAX_LINE_BYTES = 2047  # systemd of fleet's time silently cut longer lines


class ParseError(ValueError):
    """A text that is not a unit file; says the line (from 1) and what is wrong with it."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem


class Option(NamedTuple):
    """One `name=value` of a section. A continued value keeps its backslashes and newlines."""

    section: str
    name: str
    value: str


class UnitFile(NamedTuple):
    """The options of a unit, in the order of the file."""

    options: tuple[Option, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "UnitFile":
        """The unit file that the text says; raises ParseError. A text without any section is an empty unit."""
        return cls(tuple(_options_of(text)))

    @classmethod
    def from_options(cls, options: Iterable[tuple[str, str, str]]) -> "UnitFile":
        """The unit file of (section, name, value) triples, such as the API carries."""
        return cls(tuple(Option(*option) for option in options))

    @property
    def text(self) -> str:
        """The canonical text: options grouped by section, sections in order of their first appearance."""
        sections: dict[str, list[str]] = {}
        for section, name, value in self.options:
            sections.setdefault(section, [f"[{section}]\n"]).append(f"{name}={value}\n")
        return "\n".join("".join(lines) for lines in sections.values())

    @property
    def hash(self) -> str:
        """SHA-1 of the canonical text, 40 hexadecimal digits: equal for what systemd would treat as the same unit."""
        from hashlib import sha1  # only some commands need it, and it costs 5 ms

        return sha1(self.text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()

    def values(self, section: str, name: str) -> tuple[str, ...]:
        """All values of an option, in the order of the file."""
        return tuple(option.value for option in self.options if option.section == section and option.name == name)


def _options_of(text: str) -> Iterator[Option]:
    section: str | None = None
    lines = ((number, raw.removesuffix("\r")) for number, raw in enumerate(text.split("\n"), start=1))
    for number, raw in lines:
        line = raw.strip()
        if line.startswith(("#", ";")):
            continue
        if section is None:
            # Whatever precedes the first header is dropped, also on the header's own line.
            line = line[line.find("[") :] if "[" in line else ""
        if not line:
            continue
        _check_length(number, raw)
        if line.startswith("["):
            section = _section_in(number, line)
        elif section is not None:
            name, equals, value = raw.partition("=")
            if not equals:
                raise ParseError(number, "unexpected newline encountered while parsing option name")
            yield Option(section, name.strip(), _continued(number, value, lines))


def _section_in(number: int, line: str) -> str:
    section, bracket, rest = line[1:].partition("]")
    if not bracket:
        raise ParseError(number, "unable to find end of section")
    if rest.strip():
        raise ParseError(number, f"unexpected text after section name [{section}]: {rest.strip()}")
    return section


def _continued(number: int, first: str, following: Iterator[tuple[int, str]]) -> str:
    """The whole value that starts with `first`: takes further lines as long as one ends in a backslash."""
    parts = [first]
    while parts[-1].endswith("\\"):
        number, raw = next(following, (0, ""))
        _check_length(number, raw)
        if not raw.strip():
            return "\n".join(parts).strip() + "\n"
        parts.append(raw)
    value = "\n".join(parts).strip()
    if value.endswith("\\"):
        # Without its blanks it would go on in the next line, and swallow the next option on the machine.
        raise ParseError(number, "blanks after the backslash at the end of the line")
    return value


def _check_length(number: int, raw: str) -> None:
    if len(raw.encode("utf-8", "surrogateescape")) > MAX_LINE_BYTES:
        raise ParseError(number, "line too long")
