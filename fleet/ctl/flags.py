"""Command line flags in both of fleet's styles.

fleet up to 0.12 took one or two dashes, and global flags before the command; later ones take two dashes, and flags
anywhere. Scripts of both kinds are in use, so this accepts the union: one or two dashes, anywhere, values after `=` or
in the next word, and `--` ends the flags. An own parser, because argparse takes neither `-long` nor prefixes this way.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fleet.ctl.errors import UsageError

Value = bool | int | float | str
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})


class Flag(NamedTuple):
    """A flag; the type of its default is the type of its value."""

    name: str
    default: Value
    help: str
    aliases: tuple[str, ...] = ()


class Flags:
    """The values of the flags of one call."""

    def __init__(self, known: Iterable[Flag]) -> None:
        self._known: dict[str, Flag] = {}
        self._given: dict[str, Value] = {}
        self.add(known)

    def add(self, known: Iterable[Flag]) -> None:
        """Makes more flags known: those of the command, once it has been read."""
        for flag in known:
            self._known.update(dict.fromkeys((flag.name, *flag.aliases), flag))

    def read(self, environment: Mapping[str, str], prefix: str, flags: Iterable[Flag]) -> None:
        """Takes what the command line left open from variables such as FLEETCTL_ENDPOINT; empty ones do not count."""
        for flag in flags:
            for name in (flag.name, *flag.aliases):
                variable = prefix + name.upper().replace("-", "_")
                if flag.name not in self._given and environment.get(variable):
                    self._given[flag.name] = _converted(flag, environment[variable], variable)

    def knows(self, name: str) -> bool:
        """Whether the command has this flag."""
        return name in self._known

    def given(self, name: str) -> bool:
        """Whether somebody asked for this flag, here or in the environment."""
        return name in self._given

    def truth(self, name: str) -> bool:
        """The value of a flag that is on or off."""
        return bool(self._value(name))

    def text(self, name: str) -> str:
        """The value of a flag that takes any text."""
        return str(self._value(name))

    def number(self, name: str) -> float:
        """The value of a flag that takes a number."""
        return float(self._value(name))

    def take(self, word: str, following: list[str]) -> None:
        """Sets the flag in `word` (which starts with a dash); may consume its value from the following words."""
        name, equals, text = word.lstrip("-").partition("=")
        flag = self._known.get(name)
        if flag is None and name[:1] in self._known and name[1:].isdigit():
            flag, equals, text = self._known[name[:1]], "=", name[1:]  # -n20
        if flag is None or word.startswith("---"):
            raise UsageError(f"unknown flag: {word}")
        if not equals and isinstance(flag.default, bool):
            self._given[flag.name] = True
            return
        if not equals:
            if not following:
                raise UsageError(f"flag needs an argument: {word}")
            text = following.pop(0)
        self._given[flag.name] = _converted(flag, text, word)

    def _value(self, name: str) -> Value:
        flag = self._known[name]
        return self._given.get(flag.name, flag.default)


def _converted(flag: Flag, text: str, source: str) -> Value:
    try:
        if isinstance(flag.default, float) and float(text) - float(text) != 0:  # inf and nan
            raise ValueError(text)
        if not isinstance(flag.default, bool):
            return type(flag.default)(text)
        if text in _TRUE | _FALSE:
            return text in _TRUE
        raise ValueError(text)
    except ValueError:
        kind = {bool: "true or false", int: "a whole number", float: "a number"}[type(flag.default)]
        raise UsageError(f'invalid value "{text}" for {source.partition("=")[0]}: must be {kind}') from None
