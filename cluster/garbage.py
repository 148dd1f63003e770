"""What earlier runs left in the project and in docker that nothing needs any more."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cluster import images, leftovers, ownership, runs
from cluster.cluster import Cluster
from cluster.dockercli import DockerError, docker
from cluster.errors import InfraError
from cluster.host import engine
from cluster.images import store
from cluster.images.elasticsearch import NAME
from cluster.leftovers import Leftovers
from cluster.ownership import InUse
from cluster.say import Say
from cluster.settings import Settings, again, may_be_called


def folders(settings: Settings) -> list[str]:
    """Return the names of the clusters of which the work folder has something."""
    return [path.name for path in settings.work.glob("*/") if may_be_called(path.name)]


def remove_clusters(settings: Settings, names: Sequence[str], say: Say) -> list[str]:
    """Remove the clusters of these names, or each that nobody uses; return those that should have gone and did not."""
    left = []
    for name in names or sorted({*filter(may_be_called, leftovers.clusters()), *folders(settings)}):
        cluster = ownership.known(replace(settings, subnet=_subnet(name) or settings.subnet), name)
        try:
            with ownership.held(cluster, "cluster gc", say):
                if not names and _may_be_used(cluster):
                    say(f"{name} is running; where nobody needs it: {again(f'./toxw -e cluster -- gc {name}')}")
                    continue
                say(f"removing {name}")
                Cluster(cluster, say).down()
        except (InfraError, AssertionError) as error:  # a removal that took too long is the latter
            say(f"{name} stays: {error}")
            if names or not isinstance(error, InUse):
                left.append(name)
    return left


def _subnet(name: str) -> str | None:
    """Return the subnet that docker knows the cluster by: nobody may have written it down."""
    return next(iter(engine.look(name).subnets_of(name)), None)


def _may_be_used(settings: Settings) -> bool:
    """Whether it runs, and is not known as what a run of the suite left: a person's, or another project's."""
    return Leftovers(settings).run() and not ownership.is_suites(settings)


def remove(settings: Settings, say: Say) -> None:
    """Remove the images and stores that are neither current nor used by a container, and old evidence."""
    current = images.read(settings)
    if current is not None:
        for path in _unused_stores(settings, current):
            say(f"removing the image store {path.name}")
            store.remove(path, current.machine)
        for reference in _images() - {current.machine, current.elasticsearch, NAME}:
            with contextlib.suppress(DockerError):  # docker refuses where a container uses it
                docker("image", "rm", reference)
                say(f"removed the image {reference}")
    runs.prune(settings, say)


def _unused_stores(settings: Settings, current: images.Images) -> list[Path]:
    containers = docker("ps", "--all", "--quiet").split()
    mounts = "{{range .Mounts}}{{println .Source}}{{end}}"
    used = set(docker("inspect", "--format", mounts, *containers).split("\n")) if containers else set()
    stores = (settings.work / "stores").glob("*/")
    return [path for path in stores if path != current.store and str(path) not in used]


def _images() -> set[str]:
    return set(docker("images", "--format", "{{.Repository}}:{{.Tag}}", "elasticsearch-fleet/*").split())
