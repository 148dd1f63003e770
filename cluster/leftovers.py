"""What a cluster has on the host: in docker, found by its label, also when Vagrant knows nothing of it; and files."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal

import psutil

from cluster import vagranthome
from cluster.dockercli import DockerError, docker
from cluster.errors import Impossible
from cluster.eventually import eventually, steadily
from cluster.settings import LABEL, Settings

LATE = 2.0
"""Seconds after which dockerd has made what it was asked for last."""

PATIENCE = 60.0
"""Seconds in which a removal succeeds; one try is the rule."""


PASSING = ("has active endpoints", "is already in progress", "volume is in use", "no such ", "not found")
"""What docker says while it is at work for a killed command on what is to be removed."""


class Leftovers:
    """The containers, networks, volumes and files of one cluster, and the processes still at work on it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def containers(self) -> list[str]:
        """Return the ids of the cluster's containers, running or not."""
        return self._labelled("ps", "--all")

    def exist(self) -> bool:
        """Whether docker has anything of the cluster."""
        return bool(self.containers() or self._labelled("network", "ls") or self._labelled("volume", "ls"))

    def run(self) -> bool:
        """Whether a machine of the cluster runs."""
        return bool(self._labelled("ps"))

    def is_whole(self) -> bool:
        """Whether docker has all machines of the cluster, or nothing at all: nobody is about to make another one."""
        return len(self.containers()) == self._settings.machines or not (self.exist() or self.vagrant_knows)

    @property
    def vagrant_knows(self) -> bool:
        """Whether Vagrant has written something down about a machine."""
        return any(self._settings.dotfiles.glob("machines/*/docker/*"))

    def remove_machines(self) -> None:
        """Cut the power of all machines and remove them with their volumes, all at once."""
        if frozen := self._labelled("ps", "--filter=status=paused"):
            docker("unpause", *frozen)
        if ids := self.containers():
            docker("rm", "--force", "--volumes", *ids, within=120)

    def remove(self) -> None:
        """Remove it all, Vagrant's memory of it and its folder. What others have is not touched: only the label counts.

        The folder goes last: it has the word on who made the cluster, which is needed until nothing of it is left.
        """
        self.remove_machines()
        if networks := self._labelled("network", "ls"):
            docker("network", "rm", *networks)
        if volumes := self._labelled("volume", "ls"):
            docker("volume", "rm", "--force", *volumes, within=120)
        vagranthome.forget(self._settings)
        shutil.rmtree(self._settings.dotfiles, ignore_errors=True)
        shutil.rmtree(self._settings.folder, ignore_errors=True)

    def remove_for_good(self, *, late: bool) -> None:
        """Remove it all until that has succeeded; with `late`, until nothing comes any more.

        dockerd may still finish what a killed command has asked it for: a machine that comes then keeps its network
        from being removed, which is an error, and is removed with it at the next try. Any other error is one at once.
        """

        def gone() -> bool:
            try:
                self.remove()
            except DockerError as error:
                if any(words in str(error).lower() for words in PASSING):
                    raise
                raise Impossible(str(error)) from error
            if late:
                steadily("nothing comes", lambda: not self.exist(), during=LATE)
            return True

        eventually(f"docker has nothing more of {self._settings.name}", gone, within=PATIENCE)

    def stop_vagrant(self) -> None:
        """Kill the vagrant command that a killed session left at work on this cluster, and its docker commands."""
        ours = str(self._settings.dotfiles)
        for process in psutil.process_iter(["cmdline", "name"]):
            words = process.info["cmdline"] or []
            if process.info["name"] != "docker" and not any(word.endswith("vagrant") for word in words):
                continue
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                if process.environ().get("VAGRANT_DOTFILE_PATH") == ours:
                    os.killpg(os.getpgid(process.pid), signal.SIGKILL)

    def stop_browsers(self) -> None:
        """Kill the browsers, and their drivers, that a killed session left: those with their profile in our folder."""
        ours = str(self._settings.browser)
        for process in psutil.process_iter(["name"]):
            if not process.info["name"].startswith("chrom"):
                continue
            with contextlib.suppress(psutil.Error):
                if process.environ().get("TMPDIR") == ours:
                    process.kill()

    def _labelled(self, *words: str) -> list[str]:
        return docker(*words, "--quiet", "--filter", f"label={self._settings.label}").split()


def clusters() -> list[str]:
    """Return the names of all clusters of which docker has a container, a network or a volume."""
    names = set()
    for words in (("ps", "--all"), ("network", "ls"), ("volume", "ls")):
        with contextlib.suppress(DockerError):
            listed = docker(*words, "--filter", f"label={LABEL}", "--format", f'{{{{.Label "{LABEL}"}}}}')
            names |= set(listed.split())
    return sorted(names)
