"""A glance at a cluster says what can be said, whatever does not answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from cluster import overview
from cluster.cluster import Cluster
from cluster.errors import CommandFailed
from cluster.fleettables import UnitRow
from cluster.settings import Settings

ROWS = [
    UnitRow("es@1.service", "id", "192.168.57.101", "loaded", "active", "running"),
    UnitRow("es@2.service", "id", "192.168.57.101", "loaded", "failed", "failed"),
]


def cluster(units: Any) -> Cluster:
    settings = Settings(machines=3)
    provider = SimpleNamespace(is_running=lambda name: name != "core-03", is_frozen=lambda name: False)
    es = SimpleNamespace(describe=lambda: "green, 5 nodes")
    return cast(
        Cluster, SimpleNamespace(settings=settings, provider=provider, es=es, fleet=SimpleNamespace(units=units))
    )


def test_every_unit_has_a_line_under_its_machine() -> None:
    lines = [line.split() for line in overview.lines(overview.seen(cluster(lambda: ROWS)))]
    assert lines == [
        ["MACHINE", "ADDRESS", "POWER", "UNIT", "STATE"],
        ["core-01", "192.168.57.101", "on", "es@1.service", "active/running"],
        ["es@2.service", "failed/failed"],
        ["core-02", "192.168.57.102", "on", "-", "-"],
        ["core-03", "192.168.57.103", "off", "-", "-"],
        ["Elasticsearch:", "green,", "5", "nodes"],
    ]


def test_the_machines_are_shown_also_where_fleet_does_not_answer() -> None:
    def silent() -> list[UnitRow]:
        raise CommandFailed("Error: fleet server unable to communicate with etcd")

    lines = list(overview.lines(overview.seen(cluster(silent))))
    assert [line.split()[0] for line in lines] == ["MACHINE", "core-01", "core-02", "core-03", "Elasticsearch:"]
