"""The units with a sabotage in their text, in a folder that the machines see."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from cluster.errors import InfraError
from cluster.sabotage.sabotage import Edit
from cluster.settings import Settings

SOURCE = "units"
"""The folder with the units that are sabotaged: the product, whatever CLUSTER_UNITS says."""


class EditDoesNotFit(InfraError):
    """A unit's text is not the one that an edit was written for; the message says which, and what was looked for."""


def edited(texts: Mapping[str, str], edits: Iterable[Edit]) -> dict[str, str]:
    """Return the units' texts by their names, with the edits made in their order; raises EditDoesNotFit."""
    changed = dict(texts)
    for edit in edits:
        if edit.unit not in changed:
            raise EditDoesNotFit(f"there is no unit {edit.unit}, only {', '.join(sorted(changed))}")
        if (found := changed[edit.unit].count(edit.old)) != 1:
            raise EditDoesNotFit(f"{edit.unit} has not once but {found} times: {edit.old!r}")
        if edit.old == edit.new:
            raise EditDoesNotFit(f"{edit.unit}: the edit changes nothing: {edit.old!r}")
        changed[edit.unit] = changed[edit.unit].replace(edit.old, edit.new)
    return changed


def texts(project: Path) -> dict[str, str]:
    """Return the text of each of the project's units by its file's name."""
    return {path.name: path.read_text() for path in sorted((project / SOURCE).glob("*.service"))}


def folder(settings: Settings) -> Path:
    """Return where the sabotaged units lie: in the cluster's part of the work folder, which git ignores."""
    return settings.folder / "sabotage" / "units"


def write(settings: Settings, edits: Iterable[Edit]) -> str:
    """Write all units, sabotaged or not, afresh; return the folder as CLUSTER_UNITS takes it: inside the project."""
    changed, place = edited(texts(settings.project), edits), folder(settings)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name, text in changed.items():
        (place / name).write_text(text)
    return str(place.relative_to(settings.project))
