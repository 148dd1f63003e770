"""What killed commands leave in Vagrant's home, outside the project: locks on machines, and leases on ports."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cluster.settings import Settings


def home() -> Path:
    """Return Vagrant's home, which all clusters share."""
    return Path(os.environ.get("VAGRANT_HOME") or "~/.vagrant.d").expanduser()


def forget(settings: Settings) -> None:
    """Remove what a killed command of this cluster left there; without one, there is nothing.

    A lease keeps its port for a minute, and a lock is a file that nobody holds any more. Vagrant's own list of machines
    is not touched: `vagrant destroy` takes the machines out of it.
    """
    data = home() / "data"
    for machine in settings.machine_names:
        (data / f"lock.machine-action-{_lock(settings, machine)}.lock").unlink(missing_ok=True)
        for lease in data.glob(f"fp-leases/*_{settings.ssh_port(machine)}"):
            lease.unlink(missing_ok=True)


def _lock(settings: Settings, machine: str) -> str:
    """Return Vagrant's name for a machine's lock: a hash of the folders and the machine's name."""
    return hashlib.md5(f"{settings.project}{settings.dotfiles}{machine}".encode()).hexdigest()
