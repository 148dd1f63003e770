"""Another Marvel in the place of the project's page: the zip that MARVEL_ZIP names, such as the official one."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

VARIABLE = "MARVEL_ZIP"

LAYOUT = frozenset({"_site", "bin", "config", "_dict"})
"""A plugin's own folders. Any other one that holds all of a zip is passed over, as Elasticsearch's installer does."""

PAGE = "_site/index.html"


class MarvelZipError(ValueError):
    """What MARVEL_ZIP names cannot be installed as a plugin with a page."""


def checked(given: str) -> Path:
    """Return the zip; raises MarvelZipError where Elasticsearch 1.7 would refuse it, or would serve no page from it.

    The same is found out by the installer at image build; here it is told at once and by the setting's name.
    """
    path = Path(given).expanduser().absolute()
    if not path.is_file():
        raise MarvelZipError(f"{VARIABLE}: {path} is no file; it is to be a plugin's zip")
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            broken = archive.testzip()
    except (zipfile.BadZipFile, RuntimeError) as error:  # the latter: it wants a password
        raise MarvelZipError(f"{VARIABLE}: {path} cannot be read as a zip: {error}") from None
    if broken is not None:
        raise MarvelZipError(f"{VARIABLE}: {path} is damaged: {broken}")
    if why := unfit(names):
        raise MarvelZipError(f"{VARIABLE}: {path} {why}")
    return path


def unfit(names: list[str]) -> str | None:
    """Return why files of these names are no plugin that serves a page at /_plugin/marvel/; None where they are one."""
    if leaving := [name for name in names if name.startswith("/") or ".." in PurePosixPath(name).parts]:
        return f"leads out of its folder: {leaving[0]}"
    inside = _inside(names)
    if any(name.endswith(".java") for name in inside):
        return "holds Java sources: it is what a plugin is made from, not the plugin"
    is_plain = not any(name.startswith("_site/") or name.endswith((".jar", ".class")) for name in inside)
    page = "index.html" if is_plain else PAGE
    return None if page in inside else f"holds no page: {PAGE} is not there"


def _inside(names: list[str]) -> list[str]:
    """Return the names below the one folder that holds all of them, where there is such a folder."""
    tops = {name.partition("/")[0] for name in names}
    if len(tops) != 1 or tops <= LAYOUT or any("/" not in name for name in names):
        return names
    return [name.partition("/")[2] for name in names]
