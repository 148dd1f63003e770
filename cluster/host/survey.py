"""The facts of a host that decide whether a cluster can start on it, gathered in a fraction of a second."""

from __future__ import annotations

import getpass
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from cluster.host import net
from cluster.host.engine import Engine, State, look
from cluster.host.needs import NEEDS, Need, Place
from cluster.settings import Settings

MIB = 1 << 20
INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
_LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


@dataclass(frozen=True)
class Disk:
    """A file system, known by the first of the places on it; `free` in MiB."""

    at: str
    free: int
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Facts:
    """A host at one moment. `memory` is what is available, in MiB; `inotify` how many instances a user may have."""

    kernel: str
    architecture: str
    distribution: str
    apt: bool
    systemd: bool
    user: str
    root: bool
    sudo: bool
    missing: tuple[Need, ...]
    bare_client: str
    memory: int
    inotify: int
    disks: tuple[Disk, ...]
    engine: Engine
    uses: tuple[net.Use, ...]


def gather(settings: Settings, environment: Mapping[str, str] = os.environ) -> Facts:
    """Return the host's facts; whether sudo asks for a password is tried only where something is to be done."""
    engine = look(settings.name, environment)
    missing = tuple(need for need in NEEDS if not _is_there(need.thing))
    release = _os_release()
    root = os.geteuid() == 0
    answers = engine.state is State.ANSWERS
    family = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    return Facts(
        kernel=platform.system(),
        architecture=platform.machine(),
        distribution=release.get("PRETTY_NAME", "an unknown system"),
        apt=bool(family & {"debian", "ubuntu"}) and which("apt-get") is not None,
        systemd=Path("/run/systemd/system").is_dir(),
        user=getpass.getuser(),
        root=root,
        sudo=not root and bool(missing or not answers) and sudo_works(),
        missing=missing,
        bare_client=(which("docker") or "") if which("dockerd") is None else "",
        memory=memory(),
        inotify=_inotify(),
        disks=_disks(
            {
                Place.DOCKER: Path(engine.root),
                Place.PROJECT: settings.project,
                Place.TEMPORARY: Path(tempfile.gettempdir()),
            }
        ),
        engine=engine,
        uses=tuple(net.uses(settings.name, engine.networks, engine_answers=answers)),
    )


def which(program: str) -> str | None:
    """Find a program also where only root's PATH leads."""
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin")


def _is_there(thing: str) -> bool:
    return Path(thing).exists() if thing.startswith("/") else which(thing) is not None


def sudo_works() -> bool:
    """Whether this user may become root without a password."""
    if which("sudo") is None:
        return False
    try:
        return subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False, timeout=10).returncode == 0
    except subprocess.TimeoutExpired:  # it asks somebody who does not answer: a directory server, a card reader
        return False


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _disks(paths: Mapping[Place, Path]) -> tuple[Disk, ...]:
    """Return the file systems of the paths, each once with all that lies on it."""
    found: dict[int, Disk] = {}
    for place, path in paths.items():
        there = _existing(path)
        new = Disk(str(there), shutil.disk_usage(there).free // MIB, ())
        disk = found.setdefault(there.stat().st_dev, new)
        found[there.stat().st_dev] = replace(disk, places=(*disk.places, place))
    return tuple(found.values())


def _existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())


def memory() -> int:
    """Return the MiB that new processes can have, by the machine and by a control group around this one."""
    available = psutil.virtual_memory().available
    for limit, usage in _LIMITS:
        try:
            available = min(available, int(Path(limit).read_text()) - int(Path(usage).read_text()))
        except (OSError, ValueError):  # no such group, or "max"
            continue
    return max(available, 0) // MIB


def _inotify() -> int:
    """Return how many instances of inotify a user may have; where there is no inotify, nothing that would help."""
    try:
        return int(INSTANCES.read_text())
    except OSError:
        return 0
