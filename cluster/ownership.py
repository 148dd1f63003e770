"""Whose a cluster is: who may change it now, and who made it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

from cluster.errors import InfraError
from cluster.eventually import TimedOut, eventually
from cluster.hostlock import HostLock
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
    Its subnet is taken as well, where it can be had: no slot of another run chooses it meanwhile.
    """
    lock, subnet, who = lock_of(settings), subnet_lock(settings.subnet), title(settings, by)
    if not lock.take(who, wait=by == REMOVAL):
        _wait(lock, who, settings, say)
    subnet.take(who)
    try:
        yield
    finally:
        subnet.release()
        lock.release()


def title(settings: Settings, by: str) -> str:
    """Return how this process is called to those whom it keeps waiting."""
    return f"{by} (process {os.getpid()}, {settings.project})"


def lock_of(settings: Settings) -> HostLock:
    """Return the lock of the cluster's name, which is the host's, as docker's names are."""
    return HostLock(settings.name)


def subnet_lock(subnet: str) -> HostLock:
    """Return the lock of a subnet."""
    return HostLock(f"subnet-{subnet}")


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


def _wait(lock: HostLock, who: str, settings: Settings, say: Say) -> None:
    """Wait for a reaper; raise InUse for anybody else."""
    holder = lock.holder()
    began = time.monotonic()
    if holder.startswith(REMOVAL):
        say(f"waiting for {holder}")
        with contextlib.suppress(TimedOut):
            eventually(f"{settings.name} is removed", lambda: lock.take(who), within=PATIENCE)
            say(f"it took {time.monotonic() - began:.0f} s")
            return
    raise InUse(f"{settings.name} is in use by {holder}; another cluster: CLUSTER_NAME=… CLUSTER_SUBNET=…")
