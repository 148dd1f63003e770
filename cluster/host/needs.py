"""What the suite needs of a host: programs, memory and disk, each with its reason."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Need:
    """Something that must be on the host: a program by its name, or a file by its path.

    `packages` are Debian's names for what brings it; the first that the archive has is taken.
    """

    thing: str
    packages: tuple[str, ...]
    why: str


NEEDS = (
    Need("vagrant", ("vagrant",), "makes and removes the machines"),
    Need("dockerd", ("docker.io",), "the docker engine: runs the machines"),
    Need("docker", ("docker-cli", "docker.io"), "the docker client: builds and inspects"),
    Need("mmdebstrap", ("mmdebstrap",), "makes the machine image"),
    Need("/usr/share/keyrings/debian-archive-keyring.gpg", ("debian-archive-keyring",), "checks what mmdebstrap gets"),
    Need("ssh", ("openssh-client",), "the way to the machines"),
    Need("ssh-agent", ("openssh-client",), "holds the key of fleetctl's ssh between machines"),
    Need("ssh-add", ("openssh-client",), "gives the agent its key"),
    Need("chromium", ("chromium",), "looks at the Marvel page"),
    Need("chromedriver", ("chromium-driver",), "drives Chromium"),
    Need("etcd", ("etcd-server",), "the fast tests run a real one; no service of it is left running"),
    Need("etcdctl", ("etcd-client",), "the fast tests make it forget its history"),
)

GIB = 1024

MACHINE_MEMORY_MIB = {
    "systemd, etcd, dockerd and fleetd": 160,
    "Elasticsearch with the suite's heap of 192 MiB": 416,
}
"""Measured, with something to spare: six machines with five nodes, and the suite, took 2.1 GiB beyond an idle host."""

INOTIFY_MACHINE = 10
"""Measured: 8 instances of inotify a machine (systemd, dbus, docker, containerd), all counted for root."""

INOTIFY_HOST = 28
"""Instances that the host's own services and the docker engine have."""

INOTIFY_LIMIT = 1024
"""What the limit is raised to where it is too low: the kernel's 128 is enough for ten machines."""

HOST_MEMORY_MIB = {"the suite, its browser and the docker engine": 1 * GIB}


class Place(Enum):
    """What takes room on a disk; each may be on a disk of its own."""

    DOCKER = "docker's files"
    PROJECT = "this project's folder"
    TEMPORARY = "temporary files"


MACHINE_DISK_MIB = {Place.DOCKER: {"Elasticsearch's data, docker's own files, logs": 400}}
HOST_DISK_MIB = {
    Place.DOCKER: {"the machine image and the Elasticsearch image": 2 * GIB},
    Place.PROJECT: {"the image store, downloads, Python packages, journals": 3 * GIB // 4},
    Place.TEMPORARY: {"a Debian root and what docker builds from, while they are made": 1 * GIB},
}


def memory_mib(machines: int) -> int:
    """Return the MiB that must be available before so many machines boot: 4.4 GiB for six."""
    return machines * sum(MACHINE_MEMORY_MIB.values()) + sum(HOST_MEMORY_MIB.values())


def inotify(machines: int) -> int:
    """Return how many instances of inotify root must be allowed for so many machines: 88 for six."""
    return INOTIFY_HOST + machines * INOTIFY_MACHINE


def machine_disk_mib(places: Collection[Place]) -> int:
    """Return the MiB that each machine takes of a disk that has these places."""
    return sum(sum(MACHINE_DISK_MIB.get(place, {}).values()) for place in places)


def disk_mib(machines: int, places: Collection[Place] = tuple(Place)) -> int:
    """Return the MiB that must be free on a disk that has these places: 6.1 GiB for six machines and all of them."""
    return machines * machine_disk_mib(places) + sum(sum(HOST_DISK_MIB[place].values()) for place in places)
