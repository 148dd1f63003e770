"""Where the text of a unit comes from: its file, its template's file, or its template in the registry."""

import os
from typing import NamedTuple

from fleet.model.names import UnitName, mangle
from fleet.model.unitfile import UnitFile


class Local(NamedTuple):
    """A unit file on disk."""

    path: str
    file: UnitFile
    is_template: bool

    def warning(self, name: str) -> str:
        """What to say if the registry has another text under that name, and keeps it."""
        kind = "local template unit file" if self.is_template else "local unit file"
        return f"WARNING: Unit {name} in registry differs from {kind} {self.path}. Add --replace to override."


def own_file(argument: str) -> Local | None:
    """The file of the unit that the argument means, or None; raises ValueError if it is not a unit file."""
    return _read(_beside(argument, mangle(argument)), is_template=False)


def template_file(argument: str) -> Local | None:
    """The file of the unit's template in the folder of the argument, or None."""
    template = mangle(argument).template
    return _read(_beside(argument, template), is_template=True) if template else None


def _beside(argument: str, name: UnitName) -> str:
    return os.path.join(os.path.dirname(argument), name)  # noqa: PTH118, PTH120 - keeps `./` as the user wrote it


def _read(path: str, *, is_template: bool) -> Local | None:
    if not os.path.isfile(path):  # noqa: PTH113
        return None
    try:
        with open(path, encoding="utf-8") as stream:  # noqa: PTH123
            return Local(path, UnitFile.parse(stream.read()), is_template)
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from problem
