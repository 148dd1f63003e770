"""One Elasticsearch cluster on the machines: several stand side by side under different labels."""

from __future__ import annotations

from dataclasses import dataclass

LABEL = "elasticsearch_logging"
CONFIG = f"/config/{LABEL}/"
"""The prefix of the settings for all machines at once."""

INSTANCES = range(1, 6)
COPIES = 4
"""Of each document, at replica factor 3."""


def main_unit(number: int, label: str = LABEL) -> str:
    """Return the name of an instance's main unit."""
    return f"{label}@{number}.service"


def sidekicks(number: int, label: str = LABEL) -> tuple[str, str]:
    """Return the names of an instance's discovery and startup_lease unit."""
    return f"{label}-discovery@{number}.service", f"{label}-startup_lease@{number}.service"


def node_name(number: int, label: str = LABEL) -> str:
    """Return the name of an instance's Elasticsearch node."""
    return f"{label}-{number}"


def container_of(unit: str) -> str:
    """Return the name of the container in which a unit runs what it runs."""
    return unit.removesuffix(".service").replace("@", "-")


@dataclass(frozen=True)
class Label:
    """The name of one Elasticsearch cluster, what derives from it, and its own ports and number of instances."""

    name: str = LABEL
    instances: range = INSTANCES
    http_port: int = 9200
    transport_port: int = 9300

    @property
    def lock(self) -> str:
        """The key of the startup lease in etcd."""
        return f"/locks/{self.name}"

    @property
    def hosts(self) -> str:
        """What the keys of the published hosts begin with."""
        return f"/services/{self.name}/hosts/"

    @property
    def nodes(self) -> list[str]:
        """The names of the nodes."""
        return [node_name(number, self.name) for number in self.instances]

    @property
    def main_units(self) -> list[str]:
        """The instances of the main template."""
        return [main_unit(number, self.name) for number in self.instances]

    @property
    def sidekicks(self) -> list[str]:
        """The instances of the two templates beside it."""
        return [unit for number in self.instances for unit in sidekicks(number, self.name)]

    @property
    def templates(self) -> list[str]:
        """The three templates."""
        return [f"{self.name}{part}@.service" for part in ("", "-discovery", "-startup_lease")]


LOGGING = Label()
"""The label that the units have as they come."""
LOCK = LOGGING.lock
"""The key of the startup lease."""
HOSTS = LOGGING.hosts
"""The prefix of the published hosts: a key for each machine's address."""
