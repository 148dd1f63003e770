"""The images of a cluster, built when their content changed, and the file that tells the Vagrantfile about them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from filelock import FileLock, Timeout

from cluster import dockercli
from cluster.errors import InfraError
from cluster.images import store
from cluster.images.elasticsearch import NAME, ElasticsearchImage
from cluster.images.machine import MachineImage
from cluster.images.store import NoOverlay
from cluster.settings import Settings

SYS_RESOURCE = 24
"""The bit of CAP_SYS_RESOURCE in a capability set."""


@dataclass(frozen=True)
class Images:
    """What a cluster boots from: image references, and the folder of the image store where there is one."""

    machine: str
    elasticsearch: str
    store: Path | None


def ensure(settings: Settings, say: Callable[[str], None], environment: Mapping[str, str] | None = None) -> Images:
    """Return the images, built if their content changed, and write them down for the Vagrantfile.

    One run at a time: another one waits for it, and then finds everything built.

    MACHINE_IMAGE and ES_IMAGE of the environment bring images of one's own instead.
    """
    environment = os.environ if environment is None else environment
    with _alone(settings.work / "images.lock", say):
        recipe = MachineImage(settings.project)
        machine = _image(environment.get("MACHINE_IMAGE"), recipe, say)
        elasticsearch = _image(
            environment.get("ES_IMAGE"), ElasticsearchImage(settings.project, settings.marvel_zip), say
        )
        dockercli.docker("tag", elasticsearch, NAME)  # for `docker save`: what the units call it on other machines
        dockerd = machine if environment.get("MACHINE_IMAGE") else recipe.root
        images = Images(machine, elasticsearch, _store(settings, machine, dockerd, elasticsearch, say))
        _write(settings.images, images)
    return images


def read(settings: Settings) -> Images | None:
    """Return the images that were ensured last, None where there were none."""
    if not settings.images.is_file():
        return None
    said = yaml.safe_load(settings.images.read_text())
    return Images(said["machine"], said["elasticsearch"], Path(said["store"]) if said["store"] else None)


def dropped_capabilities() -> list[str]:
    """Return the docker flags that drop what this host cannot grant (containers with it would not start)."""
    bounding = next(
        line.split()[1] for line in Path("/proc/1/status").read_text().splitlines() if line.startswith("CapBnd:")
    )
    return [] if int(bounding, 16) >> SYS_RESOURCE & 1 else ["--cap-drop=SYS_RESOURCE"]


def _image(own: str | None, recipe: MachineImage | ElasticsearchImage, say: Callable[[str], None]) -> str:
    if own:
        if dockercli.image_id(own) is None:
            raise InfraError(f"{own} is not an image of this docker; load it first (docker load, docker tag)")
        return own
    reference = recipe.reference
    if dockercli.image_id(reference) is None:
        recipe.build(reference, say)
    return reference


@contextmanager
def _alone(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Keep other runs in this folder from building the same things into the same places meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say("images: another run builds them; waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _store(
    settings: Settings, machine: str, dockerd: str, elasticsearch: str, say: Callable[[str], None]
) -> Path | None:
    """Return the store that fits the dockerd of the image `dockerd`, which is all of `machine` that matters to it."""
    made_by = dockercli.image_id(dockerd) or dockercli.image_id(machine)
    path = store.store_path(settings.work, str(made_by), str(dockercli.image_id(elasticsearch)))
    if path.is_dir():
        return path
    say("image store: the Elasticsearch image, laid out once for all machines")
    try:
        store.make(path, machine, elasticsearch, NAME, dropped_capabilities())
    except NoOverlay as error:
        say(f"image store: none here ({error}); machines will load the image one by one")
        return None
    return path


def _write(path: Path, images: Images) -> None:
    """Write the file in one go: a Vagrant that reads it meanwhile sees the old one or the new one."""
    said = {
        "machine": images.machine,
        "elasticsearch": images.elasticsearch,
        "store": str(images.store) if images.store else None,
        "dropped_capabilities": dropped_capabilities(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(f"# Written by `cluster images`, read by the Vagrantfile.\n{yaml.safe_dump(said)}")
    part.replace(path)
