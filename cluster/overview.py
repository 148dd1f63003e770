"""What a person wants to see of a cluster at a glance."""

from __future__ import annotations

from collections.abc import Iterator

from cluster.cluster import Cluster
from cluster.errors import CommandFailed, InfraError

COLUMNS = "{:<9}{:<17}{:<7}{:<50}{}"


def lines(cluster: Cluster) -> Iterator[str]:
    """Give a line for each machine and each unit on it, then what the nodes themselves say.

    Without fleet's answer the machines are shown all the same.
    """
    try:
        rows = cluster.fleet.units()
    except (CommandFailed, InfraError):
        rows = []
    yield COLUMNS.format("MACHINE", "ADDRESS", "POWER", "UNIT", "STATE")
    for name, address in cluster.settings.addresses.items():
        power = "on" if cluster.provider.is_running(name) else "off"
        units = [(row.unit, f"{row.active}/{row.sub}") for row in rows if row.ip == address]
        for at, (unit, state) in enumerate(units or [("-", "-")]):
            yield COLUMNS.format(*((name, address, power) if at == 0 else ("", "", "")), unit, state)
    yield f"Elasticsearch: {cluster.es.describe()}"
