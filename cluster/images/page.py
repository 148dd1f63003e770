"""The Marvel page as Elasticsearch's plugin: the project's files, and the chart library, which is fetched."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from cluster.errors import InfraError
from cluster.images import artifact

VENDOR = "vendor"
"""The folder of the page that holds what others wrote. Nothing of it is in the repository."""

LIBRARY = {"uPlot.iife.min.js": "uPlot.js", "uPlot.min.css": "uPlot.css", "LICENSE": "uPlot.licence.txt"}
"""What of the library's jar the page is served with, and its name there: 1.7 types no name without an ending."""

DESCRIPTOR = "plugin-descriptor.properties"
"""Lies beside the site's folder; Elasticsearch 2.x asks for it, 1.x does not look at it."""


def library(project: Path, say: Callable[[str], None]) -> dict[str, bytes]:
    """Return the files of the chart library by their names below the page, from a jar whose checksum is pinned.

    Raises InfraError where it can neither be found in the work folder nor downloaded.
    """
    pins = artifact.pins(project / "images" / "elasticsearch" / "VERSIONS")
    jar = artifact.fetch(*pins["uplot"], project / ".cluster" / "downloads", say)
    with zipfile.ZipFile(jar) as files:
        inside = {name.rpartition("/")[2]: name for name in files.namelist() if "/webjars/" in name}
        if lacking := sorted(LIBRARY.keys() - inside.keys()):
            raise InfraError(f"{jar.name} holds no {', '.join(lacking)}")
        return {f"{VENDOR}/{name}": files.read(inside[source]) for source, name in LIBRARY.items()}


def stage(project: Path, plugins: Path, marvel_zip: Path | None, say: Callable[[str], None]) -> None:
    """Lay out the folder of plugins: the page's own, or the zip that is to be installed in its place.

    The page's own holds what is served below _site, and beside that what 2.x asks for. A zip is left to Elasticsearch's
    installer, which the Dockerfile runs.
    """
    if marvel_zip is not None:
        plugins.mkdir()
        shutil.copy(marvel_zip, plugins / "marvel.zip")
        return
    plugin = plugins / "marvel"
    site = plugin / "_site"
    shutil.copytree(project / "marvel", site)
    (site / DESCRIPTOR).rename(plugin / DESCRIPTOR)
    for name, content in library(project, say).items():
        path = site / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
