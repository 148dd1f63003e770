"""One Elasticsearch cluster on the machines: several stand side by side under different labels."""

from __future__ import annotations

from dataclasses import dataclass

from cluster import deploy


@dataclass(frozen=True)
class Label:
    """The name of one Elasticsearch cluster, what derives from it, and its own ports and number of instances."""

    name: str = deploy.LABEL
    instances: range = deploy.INSTANCES
    http_port: int = 9200
    transport_port: int = 9300

    @property
    def lock(self) -> str:
        """The key of the startup lease in etcd."""
        return deploy.lock_of(self.name)

    @property
    def hosts(self) -> str:
        """What the keys of the published hosts begin with."""
        return deploy.hosts_of(self.name)

    @property
    def nodes(self) -> list[str]:
        """The names of the nodes."""
        return [deploy.node_name(number, self.name) for number in self.instances]

    @property
    def main_units(self) -> list[str]:
        """The instances of the main template."""
        return [deploy.main_unit(number, self.name) for number in self.instances]

    @property
    def sidekicks(self) -> list[str]:
        """The instances of the two templates beside it."""
        return [unit for number in self.instances for unit in deploy.sidekicks(number, self.name)]

    @property
    def templates(self) -> list[str]:
        """The three templates."""
        return [f"{self.name}{part}@.service" for part in ("", "-discovery", "-startup_lease")]


LOGGING = Label()
"""The label that the units have as they come."""
