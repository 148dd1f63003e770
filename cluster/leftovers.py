"""What a cluster has on the host: in docker, found by its label, also when Vagrant knows nothing of it; and files."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal

import psutil

from cluster.dockercli import DockerError, docker
from cluster.settings import LABEL, Settings


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

    def kill(self) -> None:
        """Cut the power of the machines: what is going to be removed need not be shut down one after another."""
        if frozen := self._labelled("ps", "--filter=status=paused"):
            docker("unpause", *frozen)
        if running := self._labelled("ps"):
            docker("kill", *running)

    def remove(self) -> None:
        """Remove it all, Vagrant's memory of it and its folder. What others have is not touched: only the label counts.

        The folder goes last: it has the word on who made the cluster, which is needed until nothing of it is left.
        """
        for kind in (("rm", "--force", "--volumes"), ("network", "rm"), ("volume", "rm", "--force")):
            listed = {"rm": ("ps", "--all"), "network": ("network", "ls"), "volume": ("volume", "ls")}[kind[0]]
            if ids := self._labelled(*listed):
                docker(*kind, *ids, within=120)
        shutil.rmtree(self._settings.dotfiles, ignore_errors=True)
        shutil.rmtree(self._settings.folder, ignore_errors=True)

    def stop_vagrant(self) -> None:
        """Kill the vagrant command that a killed session left at work on this cluster."""
        ours = str(self._settings.dotfiles)
        for process in psutil.process_iter(["cmdline"]):
            if not any(word.endswith("vagrant") for word in process.info["cmdline"] or []):
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
    """Return the names of all clusters of which docker has a container or a network."""
    names = set()
    for words in (("ps", "--all"), ("network", "ls")):
        with contextlib.suppress(DockerError):
            listed = docker(*words, "--filter", f"label={LABEL}", "--format", f'{{{{.Label "{LABEL}"}}}}')
            names |= set(listed.split())
    return sorted(names)
