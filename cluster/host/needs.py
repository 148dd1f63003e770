"""What the suite needs of a host: programs, memory and disk, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


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
)

GIB = 1024

MACHINE_MEMORY_MIB = {
    "systemd, etcd, dockerd and fleetd": 256,
    "Elasticsearch: heap and what a JVM takes beside it": 768,
}
HOST_MEMORY_MIB = {"the suite, its browser and the docker engine": 1 * GIB}

MACHINE_DISK_MIB = {"Elasticsearch's data, docker's own files, logs": 400}
HOST_DISK_MIB = {
    "the machine image and the Elasticsearch image": 2 * GIB,
    "scratch space while they are built": 3 * GIB // 2,
}


def memory_mib(machines: int) -> int:
    """Return the MiB that must be available before so many machines boot."""
    return machines * sum(MACHINE_MEMORY_MIB.values()) + sum(HOST_MEMORY_MIB.values())


def disk_mib(machines: int) -> int:
    """Return the MiB that must be free where docker keeps its files: 5.8 GiB for six machines."""
    return machines * sum(MACHINE_DISK_MIB.values()) + sum(HOST_DISK_MIB.values())
