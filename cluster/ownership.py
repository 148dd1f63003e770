"""Whose a cluster is: who may change it now, and who made it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from cluster.errors import InfraError
from cluster.eventually import TimedOut, eventually
from cluster.say import Say, silent
from cluster.settings import Settings

PERSON = "person"
"""The maker of a cluster that somebody booted by hand, with this project's command line or with Vagrant alone."""

REMOVAL = "the removal of a killed run's cluster"
"""What a reaper holds a cluster for."""

PATIENCE = 120.0
"""Seconds that a removal may take."""


class InUse(InfraError):
    """Somebody else on this host is changing the cluster; the message says who."""


@contextlib.contextmanager
def held(settings: Settings, by: str, say: Say = silent) -> Iterator[None]:
    """Be the only one on this host who changes the cluster; ends with the block, and with this process however it dies.

    Raises InUse when somebody else is; only a REMOVAL is waited for. A REMOVAL itself waits for everybody.
    """
    descriptor = _opened(settings)
    try:
        if by == REMOVAL:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        elif not _taken(descriptor):
            _wait(descriptor, settings, say)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{by} (process {os.getpid()}, {settings.project})".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def suite(token: str) -> str:
    """Return the maker that stands for one run of the suite."""
    return f"suite {token}"


def maker(settings: Settings) -> str:
    """Return who made the cluster; PERSON where nobody wrote it down, as Vagrant alone does not."""
    with contextlib.suppress(FileNotFoundError):
        return (settings.folder / "owner").read_text().strip()
    return PERSON


def note(settings: Settings, maker: str) -> None:
    """Write down who made the cluster."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    (settings.folder / "owner").write_text(f"{maker}\n")


def _opened(settings: Settings) -> int:
    """Return a descriptor of the lock file, which every user of the host may open."""
    folder = settings.lock.parent
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
        folder.chmod(0o1777)
    try:
        # Without O_CREAT first: where the kernel protects such folders, that is refused for another user's file.
        return os.open(settings.lock, os.O_RDWR)
    except FileNotFoundError:
        descriptor = os.open(settings.lock, os.O_RDWR | os.O_CREAT, 0o666)
        os.fchmod(descriptor, 0o666)
        return descriptor


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(descriptor: int, settings: Settings, say: Say) -> None:
    """Wait for a reaper; raise InUse for anybody else."""
    holder = os.pread(descriptor, 1000, 0).decode(errors="replace")
    began = time.monotonic()
    if holder.startswith(REMOVAL):
        say(f"waiting for {holder}")
        with contextlib.suppress(TimedOut):
            eventually(f"{settings.name} is removed", lambda: _taken(descriptor), within=PATIENCE)
            say(f"it took {time.monotonic() - began:.0f} s")
            return
    raise InUse(f"{settings.name} is in use by {holder}; another cluster: CLUSTER_NAME=… CLUSTER_SUBNET=…")
