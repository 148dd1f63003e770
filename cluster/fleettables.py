"""fleetctl's tables, read: rows of words, as a script reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

NOTHING = "-"
"""What fleetctl prints for an empty value."""


@dataclass(frozen=True)
class MachineRow:
    """A line of list-machines."""

    id: str
    ip: str
    metadata: dict[str, str]


@dataclass(frozen=True)
class UnitRow:
    """A line of list-units: a unit that is loaded on a machine, with systemd's three states."""

    unit: str
    machine_id: str
    ip: str | None
    load: str
    active: str
    sub: str

    def __str__(self) -> str:
        return f"{self.unit} on {self.ip or self.machine_id}: {self.load} {self.active} {self.sub}"


@dataclass(frozen=True)
class UnitFileRow:
    """A line of list-unit-files: what is wanted of a unit, what fleet has of it, and where it was placed."""

    unit: str
    hash: str
    desired: str
    state: str
    target_id: str | None
    target_ip: str | None

    def __str__(self) -> str:
        place = self.target_ip or self.target_id or "no machine"
        return f"{self.unit}: wanted {self.desired}, is {self.state}, {place}"


MACHINE_FIELDS = "machine,ip,metadata"
UNIT_FIELDS = "unit,machine,load,active,sub"
UNIT_FILE_FIELDS = "unit,hash,dstate,state,target"


def plain(text: str) -> list[dict[str, str]]:
    """Read a table as it comes without options: each line by the words of its first."""
    header, *lines = text.splitlines()
    names = header.split()
    return [dict(zip(names, words, strict=True)) for words in _rows("\n".join(lines), len(names))]


def machines(text: str) -> list[MachineRow]:
    """Read `list-machines --full --no-legend --fields=MACHINE_FIELDS`."""
    return [MachineRow(id, ip, _metadata(metadata)) for id, ip, metadata in _rows(text, 3)]


def units(text: str) -> list[UnitRow]:
    """Read `list-units --full --no-legend --fields=UNIT_FIELDS`."""
    return [UnitRow(unit, *_place(place), *states) for unit, place, *states in _rows(text, 5)]


def unit_files(text: str) -> list[UnitFileRow]:
    """Read `list-unit-files --full --no-legend --fields=UNIT_FILE_FIELDS`."""
    rows = []
    for unit, digest, desired, state, target in _rows(text, 5):
        id, ip = (None, None) if target in (NOTHING, "global") else _place(target)
        rows.append(UnitFileRow(unit, digest, desired, state, id, ip))
    return rows


def _rows(text: str, columns: int) -> Iterator[list[str]]:
    for line in text.splitlines():
        words = line.split()
        if len(words) != columns:
            raise ValueError(f"{len(words)} words where {columns} were asked for: {line!r}")
        yield words


def _place(word: str) -> tuple[str, str | None]:
    id, _, ip = word.partition("/")
    return id, ip or None


def _metadata(word: str) -> dict[str, str]:
    if word == NOTHING:
        return {}
    return {key: value for key, _, value in (pair.partition("=") for pair in word.split(","))}
