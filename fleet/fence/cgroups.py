"""The control groups in which systemd keeps units: whose processes can be killed without asking anybody.

A unit is `…/a.slice/a-b.slice/NAME`, in the hierarchy that is systemd's own: all of version 2, `systemd` of version 1.
"""

import os
import signal
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

_ROUNDS = 3  # looks for what was forked meanwhile, where the kernel cannot kill a group at once: version 1, before 5.14


class Cgroups:
    """Those of this machine, or of a tree that looks so."""

    def __init__(self, mounts: Path = Path("/sys/fs/cgroup"), manager: Path = Path("/proc/1/cgroup")) -> None:
        self._mounts = mounts
        self._manager = manager

    def alive(self, names: Collection[str]) -> list[str]:
        """The units that have processes, as far as they can be found."""
        found = self._groups(names)
        return [name for name in names if any(_processes(group) for group in found.get(name, ()))]

    def kill(self, names: Collection[str]) -> None:
        """SIGKILL to every process of the units, with all groups below theirs."""
        for groups in self._groups(names).values():
            for group in groups:
                _kill(group)

    def _groups(self, names: Collection[str]) -> dict[str, list[Path]]:
        # systemd puts a _ before what could be taken for a file of the kernel's, such as memory.service.
        wanted = {name: name for name in names} | {f"_{name}": name for name in names}
        found: dict[str, list[Path]] = {}
        pending = list(self._roots()) if wanted else []
        while pending:
            for group in _below(pending.pop()):
                if group.name in wanted:
                    found.setdefault(wanted[group.name], []).append(group)
                elif group.name.endswith(".slice"):  # and not into containers, who may have units of the same names
                    pending.append(group)
        return found

    def _roots(self) -> Iterator[Path]:
        """Where systemd's tree begins: it is itself in `init.scope` there."""
        try:
            lines = self._manager.read_text(encoding="utf-8").splitlines()
        except OSError:
            return
        mounts = {"": (self._mounts, self._mounts / "unified"), "name=systemd": (self._mounts / "systemd",)}
        for line in lines:
            _, hierarchy, path = line.split(":", 2)
            for mount in mounts.get(hierarchy, ()):
                yield mount / path.removesuffix("/init.scope").lstrip("/")


def _below(group: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(group) if entry.is_dir(follow_symlinks=False)]
    except OSError:  # it has just ended
        return []


def _processes(group: Path) -> list[int]:
    try:
        here = [int(word) for word in (group / "cgroup.procs").read_text(encoding="ascii").split()]
    except OSError:
        here = []
    below = [process for one in _below(group) for process in _processes(one)]
    return [process for process in (*here, *below) if process > 1]  # 0 is a stranger's, and would mean ourselves


def _kill(group: Path) -> None:
    try:
        with (group / "cgroup.kill").open("r+", encoding="ascii") as switch:
            switch.write("1")
        return
    except OSError:
        pass
    for _ in range(_ROUNDS):
        processes = _processes(group)
        for process in processes:
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        if not processes:
            return
