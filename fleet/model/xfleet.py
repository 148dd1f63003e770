"""The `[X-Fleet]` section: where a unit may run, and which combinations fleet refuses."""

from collections.abc import Mapping
from typing import NamedTuple

from fleet.model.globbing import matches
from fleet.model.machine import SHORT_ID
from fleet.model.names import UnitName
from fleet.model.unitfile import UnitFile

SECTION = "X-Fleet"
_MACHINE_ID = ("MachineID", "X-ConditionMachineID", "X-ConditionMachineBootID")  # the first one present counts
_MACHINE_OF = ("X-ConditionMachineOf", "MachineOf")
_METADATA = ("X-ConditionMachineMetadata", "MachineMetadata")
_CONFLICTS = ("X-Conflicts", "Conflicts")
_GLOBAL = ("Global",)
_REPLACES = ("Replaces",)
KNOWN_KEYS = frozenset(_MACHINE_ID + _MACHINE_OF + _METADATA + _CONFLICTS + _GLOBAL + _REPLACES)
_TRUE = frozenset({"true", "yes", "1", "on", "t"})


class InvalidOptionsError(ValueError):
    """A combination of [X-Fleet] options that can never be satisfied."""


class Requirements(NamedTuple):
    """What a unit asks of its machine, specifiers expanded."""

    machine_id: str | None = None
    machine_of: tuple[str, ...] = ()
    metadata: Mapping[str, frozenset[str]] = {}
    conflicts: tuple[str, ...] = ()
    is_global: bool = False
    replaces: tuple[str, ...] = ()

    @classmethod
    def of(cls, unit_name: str, unit_file: UnitFile) -> "Requirements":
        """The requirements of the unit of that name: `%n`, `%N`, `%p` and `%i` mean its own parts."""
        return _read(unit_file, UnitName(unit_name))

    def admits(self, machine_id: str, metadata: Mapping[str, str]) -> bool:
        """Whether MachineID and MachineMetadata allow this machine; other units are not looked at.

        A MachineID is the full id or its first 8 characters. Values of one metadata key are alternatives.
        """
        if self.machine_id is not None and self.machine_id not in (machine_id, machine_id[:SHORT_ID]):
            return False
        return all(metadata.get(key) in allowed for key, allowed in self.metadata.items())


def unknown_keys(unit_file: UnitFile) -> tuple[str, ...]:
    """The keys of [X-Fleet] that mean nothing to fleet, once each, in the order of the file."""
    keys = (option.name for option in unit_file.options if option.section == SECTION)
    return tuple(dict.fromkeys(key for key in keys if key not in KNOWN_KEYS))


def validate(unit_file: UnitFile) -> None:
    """Raises InvalidOptionsError, or ParseError, for the first reason to refuse a new unit.

    It looks at the text before specifiers are expanded, so that a template and its instances are judged alike.
    """
    # Options that came as JSON may hold what no file could.
    if len(UnitFile.parse(unit_file.text).options) != len(unit_file.options):
        raise InvalidOptionsError("an option holds a newline or a backslash that would hide or invent other options")
    wanted = _read(unit_file, None)
    for kind, patterns in (("conflict", wanted.conflicts), ("replace", wanted.replaces)):
        for peer in wanted.machine_of:
            for pattern in patterns:
                if matches(pattern, peer):
                    raise InvalidOptionsError(f'unresolvable requirements: peer "{peer}" matches {kind} "{pattern}"')
    pinned = wanted.machine_id is not None
    for first, second, clash in (
        ("MachineID", "Peers", pinned and wanted.machine_of),
        ("MachineID", "Conflicts", pinned and wanted.conflicts),
        ("MachineID", "Global", pinned and wanted.is_global),
        ("MachineID", "Replaces", pinned and wanted.replaces),
        ("Global", "Peers", wanted.is_global and wanted.machine_of),
        ("Global", "Replaces", wanted.is_global and wanted.replaces),
        ("Conflicts", "Replaces", wanted.conflicts and wanted.replaces),
    ):
        if clash:
            raise InvalidOptionsError(f"{first} cannot be used with {second}")


def _read(unit_file: UnitFile, name: UnitName | None) -> Requirements:
    def values(keys: tuple[str, ...]) -> tuple[str, ...]:
        items = (item for key in keys for line in unit_file.values(SECTION, key) for item in _items(line))
        return tuple(_expanded(item, name) for item in items)

    truths = values(_GLOBAL)
    return Requirements(
        machine_id=next(iter(values(_MACHINE_ID)), None),
        machine_of=values(_MACHINE_OF),
        metadata=_metadata(values(_METADATA)),
        conflicts=tuple(pattern for value in values(_CONFLICTS) for pattern in value.split()),
        is_global=bool(truths) and truths[-1].lower() in _TRUE,
        replaces=values(_REPLACES),
    )


def _items(line: str) -> list[str]:
    """The items of a value: `"a b" c "d"` has three if it starts and ends with a quote; else it is one item."""
    if not (line.startswith('"') and line.endswith('"')):
        return [line]
    items = [""]
    quoted = False
    for character in line:
        if character == '"':
            quoted = not quoted
        elif character == " " and not quoted:
            items.append("")
        else:
            items[-1] += character
    return [item for item in items if item]


def _expanded(text: str, name: UnitName | None) -> str:
    if name is None or "%" not in text:
        return text
    for specifier, meaning in (("%n", str(name)), ("%N", name.stem), ("%p", name.prefix), ("%i", name.instance)):
        text = text.replace(specifier, meaning)
    return text


def _metadata(pairs: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Alternatives by key. Anything but `key=value` is ignored, as fleet ignores it: the unit then runs anywhere."""
    allowed: dict[str, frozenset[str]] = {}
    for pair in pairs:
        key, *values = pair.split("=")
        if key and len(values) == 1 and values[0]:
            allowed[key] = allowed.get(key, frozenset()) | {values[0]}
    return allowed
