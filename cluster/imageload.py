"""The Elasticsearch image, loaded on each machine: where there is no store that all of them mount."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from cluster.errors import InfraError
from cluster.images import Images
from cluster.images.elasticsearch import NAME
from cluster.machine import Machine
from cluster.say import Say

LOAD = "sudo docker load --quiet && sudo docker tag %s %s"


def load(images: Images, machines: Sequence[Machine], say: Say) -> None:
    """Bring the image to the machines, one by one, some seconds each; nothing is done where they have a store."""
    if images.store is not None:
        return
    for machine in machines:
        say(f"{machine}: loading the Elasticsearch image")
        load_on(machine, images.elasticsearch)


def load_on(machine: Machine, image: str) -> None:
    """Pipe an image of the host's docker into the machine's; it gets the name by which the units know it."""
    with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saved:
        done = machine.ssh.run(machine.name, LOAD, image, NAME, within=300, check=False, stdin=saved.stdout)
    if saved.returncode != 0 or not done.ok:
        raise InfraError(f"the image {image} could not be loaded\n{done}")
