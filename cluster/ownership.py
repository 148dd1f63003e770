"""Whose a cluster is: who may change it now, and who made it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import replace

from cluster.errors import InfraError
from cluster.eventually import TimedOut, eventually
from cluster.hostlock import HostLock
from cluster.say import Say, silent
from cluster.settings import Settings

PERSON = "person"
"""The maker of a cluster that somebody booted by hand, with this project's command line or with Vagrant alone."""

SUITE = "suite "
"""How the maker of a cluster begins that a run of the suite made."""

REMOVAL = "the removal of a killed run's cluster"
"""What a reaper holds a cluster for."""

LENT = "ELASTICSEARCH_FLEET_LENT"
"""The environment variable in which a holder tells a process that it starts which cluster it holds for it."""

PATIENCE = 120.0
"""Seconds that a removal may take."""


class InUse(InfraError):
    """Somebody else on this host is changing the cluster; the message says who."""


@contextlib.contextmanager
def held(settings: Settings, by: str, say: Say = silent) -> Iterator[None]:
    """Be the only one on this host who changes the cluster; ends with the block, and with this process however it dies.

    Raises InUse when somebody else is; only a REMOVAL is waited for. A REMOVAL itself waits for everybody.
    Its subnet is taken as well, where it can be had: no slot of another run chooses it meanwhile.
    A process whose parent has `lent` it the cluster may change it, too: the parent holds it, and waits.
    """
    if os.environ.get(LENT) == _loan(settings, os.getppid()):
        yield
        return
    lock, subnet, who = lock_of(settings), subnet_lock(settings.subnet), title(settings, by)
    if not lock.take(who, wait=by == REMOVAL):
        _wait(lock, who, settings, say)
    subnet.take(who)
    try:
        yield
    finally:
        subnet.release()
        lock.release()


def lent(settings: Settings) -> dict[str, str]:
    """Return the environment for a process that is started to change the cluster that this one holds."""
    return {LENT: _loan(settings, os.getpid())}


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
    return f"{SUITE}{token}"


def is_suites(settings: Settings) -> bool:
    """Whether a run of the suite, in this project, made the cluster."""
    return maker(settings).startswith(SUITE)


def maker(settings: Settings) -> str:
    """Return who made the cluster; PERSON where nobody wrote it down, as Vagrant alone does not."""
    return (_noted(settings) or [PERSON])[0]


def known(base: Settings, name: str) -> Settings:
    """Return the settings of a cluster as its maker wrote them down; what nobody did is as in `base`."""
    settings = replace(base, name=name)
    match _noted(settings)[1:]:
        case [prefix, machines, subnet]:
            return replace(settings, prefix=prefix, machines=int(machines), subnet=subnet)
    return settings


def note(settings: Settings, maker: str) -> None:
    """Write down who made the cluster, and what another command needs to know that removes it."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    (settings.folder / "owner").write_text(f"{maker}\n{settings.prefix}\n{settings.machines}\n{settings.subnet}\n")


def _loan(settings: Settings, holder: int) -> str:
    return f"{settings.name} by {holder}"


def _noted(settings: Settings) -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        return (settings.folder / "owner").read_text().splitlines()
    return []


def _wait(lock: HostLock, who: str, settings: Settings, say: Say) -> None:
    """Wait for a reaper; raise InUse for anybody else."""
    # The holder takes its file away before it lets go, and writes its name after it has come: there may be no name.
    holder = lock.holder()
    if not holder and lock.take(who):
        return
    holder = holder or lock.holder() or "somebody who has just come"
    began = time.monotonic()
    if holder.startswith(REMOVAL):
        say(f"waiting for {holder}")
        with contextlib.suppress(TimedOut):
            eventually(f"{settings.name} is removed", lambda: lock.take(who), within=PATIENCE)
            say(f"it took {time.monotonic() - began:.0f} s")
            return
    raise InUse(f"{settings.name} is in use by {holder}; another cluster: CLUSTER_NAME=… CLUSTER_SUBNET=…")
