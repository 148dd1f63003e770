"""A lock of the host, for all its users: a file that tells who holds it, and that is gone when nobody does."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path


def folder() -> Path:
    """Return the folder of the locks, for all users of this host; made where there is none."""
    path = path_of("any").parent
    path.mkdir(exist_ok=True)
    with contextlib.suppress(PermissionError):  # another user's, who has done it
        path.chmod(0o1777)
    return path


def path_of(name: str) -> Path:
    """Return the file of the lock of that name; the same for every project on this host."""
    return Path(tempfile.gettempdir()) / "elasticsearch-fleet" / f"{name}.lock"


class HostLock:
    """Held by one process at a time; it ends with the process however that dies."""

    def __init__(self, name: str) -> None:
        self.path = path_of(name)
        self._descriptor: int | None = None

    def take(self, by: str, *, wait: bool = False) -> bool:
        """Take it for `by`, which others are told; without `wait`, return False at once when somebody has it."""
        while True:
            descriptor = self._open()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                os.close(descriptor)
                return False
            if self._is_current(descriptor):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, by.encode(), 0)
                self._descriptor = descriptor
                return True
            os.close(descriptor)  # its holder removed the file before letting go: there is a new one, or none

    def holder(self) -> str:
        """Return what its holder said of itself; empty when nobody has it."""
        with contextlib.suppress(OSError):
            return self.path.read_text(errors="replace")
        return ""

    def release(self) -> None:
        """Let it go, and remove the file; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with contextlib.suppress(OSError):  # another user's file, where the kernel protects such folders
                self.path.unlink()
            os.close(descriptor)

    def _open(self) -> int:
        folder()
        try:
            # Without O_CREAT first: where the kernel protects such folders, that is refused for another user's file.
            return os.open(self.path, os.O_RDWR)
        except FileNotFoundError:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            os.fchmod(descriptor, 0o666)
            return descriptor

    def _is_current(self, descriptor: int) -> bool:
        with contextlib.suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        return False
