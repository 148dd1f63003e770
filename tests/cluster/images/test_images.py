"""The images of a cluster are ensured by a real docker: those that are there, one's own, and those that are not."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from cluster import dockercli, images
from cluster.errors import InfraError
from cluster.eventually import eventually, steadily
from cluster.images import store
from cluster.images.elasticsearch import ElasticsearchImage
from cluster.images.machine import MachineImage
from cluster.settings import Settings

MACHINE = f"elasticsearch-fleet/test-machine:{os.getpid()}"
ELASTICSEARCH = f"elasticsearch-fleet/test-elasticsearch:{os.getpid()}"
NAME = f"elasticsearch-fleet/test-name:{os.getpid()}"
OWN = {"MACHINE_IMAGE": MACHINE, "ES_IMAGE": ELASTICSEARCH}


def image(reference: str, content: str) -> str:
    """Make an image of one file, and return its id."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("what")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content.encode()))
    subprocess.run(["docker", "import", "-", reference], input=archive.getvalue(), check=True, capture_output=True)
    return str(dockercli.image_id(reference))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A project of its own, and a name of its own for what the units call the image."""
    monkeypatch.setattr(images, "NAME", NAME)
    yield Settings(project=tmp_path)
    for reference in (MACHINE, ELASTICSEARCH, NAME):
        subprocess.run(["docker", "image", "rm", reference], capture_output=True, check=False)


@pytest.fixture
def own(settings: Settings) -> Path:
    """Two images of one's own, and their store, as if it had been made."""
    machine, elasticsearch = image(MACHINE, "machine"), image(ELASTICSEARCH, "elasticsearch")
    path = store.store_path(settings.work, machine, elasticsearch)
    path.mkdir(parents=True)
    return path


def quiet(_: str) -> None:
    """Say nothing."""


@pytest.mark.parametrize("variable", ["MACHINE_IMAGE", "ES_IMAGE"])
def test_an_image_of_ones_own_that_docker_does_not_have_is_refused_by_its_name(
    settings: Settings, own: Path, variable: str
) -> None:
    gone = "elasticsearch-fleet/gone:1"
    with pytest.raises(InfraError, match=f"{gone} is not an image of this docker; load it first"):
        images.ensure(settings, quiet, OWN | {variable: gone})
    assert not settings.images.exists()


def test_images_of_ones_own_are_taken_and_written_down_for_vagrant(settings: Settings, own: Path) -> None:
    taken = images.ensure(settings, pytest.fail, OWN)
    assert taken == images.Images(MACHINE, ELASTICSEARCH, own)
    assert images.read(settings) == taken
    assert yaml.safe_load(settings.images.read_text())["machine"] == MACHINE


def test_the_elasticsearch_image_has_the_units_name_for_it_on_the_host_too(settings: Settings, own: Path) -> None:
    images.ensure(settings, quiet, OWN)
    assert dockercli.image_id(NAME) == dockercli.image_id(ELASTICSEARCH)


def test_a_store_belongs_to_the_dockerd_that_made_it_and_to_one_image(settings: Settings, tmp_path: Path) -> None:
    paths = {store.store_path(tmp_path, machine, image) for machine in ("m1", "m2") for image in ("i1", "i2")}
    assert len(paths) == 4


def test_a_machine_image_that_cannot_make_the_store_is_an_error_and_leaves_nothing(settings: Settings) -> None:
    image(MACHINE, "no dockerd, not even a shell"), image(ELASTICSEARCH, "elasticsearch")
    with pytest.raises(InfraError, match="the image store could not be made"):
        images.ensure(settings, quiet, OWN)
    assert not settings.images.exists()
    assert list((settings.work / "stores").iterdir()) == []


def test_what_is_built_already_is_not_built_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipes' references are there, as images of one file; whoever builds would replace them."""
    machine, elasticsearch = image(MACHINE, "machine"), image(ELASTICSEARCH, "elasticsearch")
    monkeypatch.setattr(MachineImage, "reference", MACHINE)
    monkeypatch.setattr(MachineImage, "root", MACHINE)
    monkeypatch.setattr(ElasticsearchImage, "reference", ELASTICSEARCH)
    store.store_path(settings.work, machine, elasticsearch).mkdir(parents=True)
    assert images.ensure(settings, pytest.fail, {}).machine == MACHINE
    assert dockercli.image_id(MACHINE) == machine


def test_a_second_run_waits_for_the_first_and_says_so(settings: Settings, own: Path) -> None:
    said: list[str] = []
    running = threading.Thread(target=images.ensure, args=(settings, said.append, OWN))
    with FileLock(settings.work / "images.lock"):
        running.start()
        eventually("it says what it waits for", lambda: said == ["images: another run builds them; waiting for it"], 5)
        steadily("it waits", running.is_alive, during=0.3)
    running.join(timeout=10)
    assert images.read(settings) is not None
