"""A clean slate: a running cluster as it was after its boot, so that no sabotage meets what another one left."""

from __future__ import annotations

from cluster.cluster import Cluster
from cluster.eventually import eventually
from cluster.machine import Machine, at_once

PREFIXES = ("/locks/", "/services/", "/config/")
"""The keys of the units in etcd."""

CLEAN = 60.0
"""Seconds until the last container is gone."""

REMOVE = "sudo docker ps --all --quiet | xargs --no-run-if-empty sudo docker rm --force"
"""For containers that a sabotaged unit has left behind."""

WIPE = "sudo find /var/lib -mindepth 2 -maxdepth 2 -path '/var/lib/elasticsearch*' -exec rm -rf {} +"


def clean(cluster: Cluster) -> None:
    """Destroy all units, then remove the nodes' data and the units' keys; return when no container is left."""
    units = [row.unit for row in cluster.fleet.unit_files()]
    if units:
        cluster.fleet.ctl("destroy " + " ".join(units), within=CLEAN * 2)
    _everywhere(cluster, REMOVE)
    eventually("no container is left", lambda: not containers(cluster), CLEAN, context=lambda: containers(cluster))
    _everywhere(cluster, WIPE)
    for prefix in PREFIXES:
        for key in cluster.etcd.prefix(prefix):
            cluster.etcd.delete(key)


def containers(cluster: Cluster) -> str:
    """Return the machines' containers, running or not, one a line."""
    return _everywhere(cluster, "sudo docker ps --all --format '{{.Names}} {{.Status}}'")


def _everywhere(cluster: Cluster, command: str) -> str:
    def run(machine: Machine) -> str:
        return "".join(f"{machine}: {line}\n" for line in machine.run(command).lines)

    return "".join(at_once(run, cluster.machines))
