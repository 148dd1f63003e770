"""What earlier runs left in the project and in docker that nothing needs any more."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from cluster import images
from cluster.dockercli import DockerError, docker
from cluster.images import store
from cluster.images.elasticsearch import NAME
from cluster.say import Say
from cluster.settings import Settings

SHARED = {"downloads", "evidence", "stores", "wheels"}
"""The folders of the work folder that are no cluster's."""

RUNS = 10
"""How many runs' evidence stays."""


def folders(settings: Settings) -> list[str]:
    """Return the names of the clusters of which the work folder has something."""
    return [path.name for path in settings.work.glob("*/") if path.name not in SHARED]


def remove(settings: Settings, say: Say) -> None:
    """Remove the images and stores that are neither current nor used by a container, and all but the last evidence."""
    current = images.read(settings)
    if current is not None:
        for path in _unused_stores(settings, current):
            say(f"removing the image store {path.name}")
            store.remove(path, current.machine)
        for reference in _images() - {current.machine, current.elasticsearch, NAME}:
            with contextlib.suppress(DockerError):  # docker refuses where a container uses it
                docker("image", "rm", reference)
                say(f"removed the image {reference}")
    for run in sorted((settings.work / "evidence").glob("*/"))[:-RUNS]:
        shutil.rmtree(run, ignore_errors=True)


def _unused_stores(settings: Settings, current: images.Images) -> list[Path]:
    containers = docker("ps", "--all", "--quiet").split()
    mounts = "{{range .Mounts}}{{println .Source}}{{end}}"
    used = set(docker("inspect", "--format", mounts, *containers).split("\n")) if containers else set()
    stores = (settings.work / "stores").glob("*/")
    return [path for path in stores if path != current.store and str(path) not in used]


def _images() -> set[str]:
    return set(docker("images", "--format", "{{.Repository}}:{{.Tag}}", "elasticsearch-fleet/*").split())
