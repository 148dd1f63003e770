"""What a cloud-config needs of a machine: files, programs and the host name; as a Protocol, and for real."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from typing import Protocol

from cloudconfig import tree


class System(Protocol):
    """A machine. Paths are absolute; owners are ``user`` or ``user:group`` in names or numbers."""

    @property
    def live(self) -> bool:
        """Whether this is the running machine, and not the files of another one."""

    def read(self, path: str) -> bytes | None:
        """Return a file's content; None if there is none."""

    def write(self, path: str, content: bytes, mode: int, owner: tuple[int, int] | None) -> None:
        """Replace a file at once: a reader sees the old one or the new one. Parents are made (0755)."""

    def make_directory(self, path: str, mode: int, owner: tuple[int, int]) -> None:
        """Make a folder unless there is one."""

    def names(self, directory: str) -> list[str]:
        """Return what a folder holds, sorted; nothing if there is no folder."""

    def link(self, path: str, target: str) -> None:
        """Put a symbolic link in the place of whatever is there."""

    def is_null(self, path: str) -> bool:
        """Whether the path is a link to /dev/null or an empty file."""

    def remove(self, path: str) -> None:
        """Remove a file."""

    def run(self, *command: str, stdin: str = "") -> int:
        """Run a program to its end and return its exit status."""

    def hostname(self) -> str:
        """Return the machine's name."""

    def set_hostname(self, name: str) -> None:
        """Change the running kernel's idea of the machine's name."""


class Machine:
    """The machine this runs on, or the files of one below `root`."""

    def __init__(self, root: Path = Path("/")) -> None:
        """Take the folder that stands for / ."""
        self._root = root

    @property
    def live(self) -> bool:
        """Whether `root` is /."""
        return self._root == Path("/")

    def _at(self, path: str) -> Path:
        return self._root / path.lstrip("/")

    def read(self, path: str) -> bytes | None:
        """See System."""
        try:
            return self._at(path).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes, mode: int, owner: tuple[int, int] | None) -> None:
        """See System."""
        tree.write(self._at(path), content, mode, owner)

    def make_directory(self, path: str, mode: int, owner: tuple[int, int]) -> None:
        """See System."""
        if not self._at(path).is_dir():
            self._at(path).mkdir(parents=True)
            self._at(path).chmod(mode)
            os.chown(self._at(path), *owner)

    def names(self, directory: str) -> list[str]:
        """See System."""
        return sorted(entry.name for entry in self._at(directory).iterdir()) if self._at(directory).is_dir() else []

    def link(self, path: str, target: str) -> None:
        """See System."""
        self._at(path).parent.mkdir(parents=True, exist_ok=True)
        self._at(path).unlink(missing_ok=True)
        self._at(path).symlink_to(target)

    def is_null(self, path: str) -> bool:
        """See System."""
        place = self._at(path)
        if place.is_symlink():
            return str(place.readlink()) == "/dev/null"
        return place.is_file() and place.stat().st_size == 0

    def remove(self, path: str) -> None:
        """See System."""
        self._at(path).unlink()

    def run(self, *command: str, stdin: str = "") -> int:
        """See System. Below another root, programs that can work there are told so."""
        options = {"systemctl": ["--root"], "useradd": ["--prefix"], "chpasswd": ["--root"]}
        below = [] if self.live else [*options[command[0]], str(self._root)]
        return subprocess.run([command[0], *below, *command[1:]], input=stdin, text=True, check=False).returncode

    def hostname(self) -> str:
        """See System."""
        return socket.gethostname()

    def set_hostname(self, name: str) -> None:
        """See System. Not through hostnamectl: its service is not up this early at boot."""
        socket.sethostname(name)
