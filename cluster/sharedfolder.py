"""A folder that the host and all machines see: inside the project, where git does not look."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cluster.settings import SHARE, Settings


@dataclass(frozen=True)
class SharedFolder:
    """One folder by its two names: `here` on the host, `there` on every machine."""

    here: Path
    there: str

    def write(self, name: str, text: str) -> Path:
        """Write a file on the host."""
        path = self.here / name
        path.write_text(text)
        return path

    def with_units(self, units: Path) -> None:
        """Copy the units of a folder into this one."""
        for path in sorted(units.glob("*.service")):
            shutil.copy(path, self.here)


@contextmanager
def shared_folder(settings: Settings, name: str) -> Iterator[SharedFolder]:
    """Have a new folder in the cluster's part of the work folder for the block; what is in it goes with it.

    Everybody may write into it: the operator on a machine is another user than the one on the host.
    """
    here = settings.folder / name
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir(parents=True)
    here.chmod(0o777)
    try:
        yield SharedFolder(here, f"{SHARE}/{here.relative_to(settings.project)}")
    finally:
        shutil.rmtree(here)
