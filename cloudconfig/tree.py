"""Writing a file so that nobody ever reads half of it."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path


def write(path: Path, content: bytes, mode: int, owner: tuple[int, int] | None) -> None:
    """Replace `path` by a new file with this mode and owner (uid, gid); raise OSError and leave nothing behind."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if owner:
                os.fchown(file.fileno(), *owner)
            os.fchmod(file.fileno(), mode)  # after chown, which clears set-user-id
        _replace(Path(temporary), path, content)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _replace(temporary: Path, path: Path, content: bytes) -> None:
    try:
        temporary.replace(path)
    except OSError as error:
        # Docker mounts /etc/hostname and /etc/hosts one by one, and a mount point cannot be renamed over.
        if error.errno != errno.EBUSY:
            raise
        path.write_bytes(content)
