"""Which hosts were published when, and which of them a starting node was given: read from the history of their keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cluster.leases import Hold
from cluster.recorder import Event


@dataclass(frozen=True)
class Listing:
    """The published hosts from a revision of etcd on: transport addresses (ip:port) by their keys."""

    revision: int
    hosts: Mapping[str, str]


@dataclass(frozen=True)
class Given:
    """The transport addresses that a node was given when it started, and the hold of the lease for that start.

    The node reads the list after it has claimed the hold (`since`, a revision) and before the hold ends (`until`).
    """

    node: str
    address: str
    hosts: frozenset[str]
    since: int
    until: int | None


def listings(before: Mapping[str, str], revision: int, events: Iterable[Event]) -> list[Listing]:
    """Return the listings in order: the first is what was published (values by keys) at the revision, then each change.

    Only events after that revision belong here.
    """
    hosts = {key: transport(value) for key, value in before.items()}
    found = [Listing(revision, dict(hosts))]
    for event in events:
        if event.change.value is None:
            hosts.pop(event.change.key, None)
        else:
            hosts[event.change.key] = transport(event.change.value)
        found.append(Listing(event.revision, dict(hosts)))
    return found


def transport(value: str) -> str:
    """Return the transport address (ip:port) that a published host's value names."""
    host = json.loads(value)
    return f"{host['ip']}:{host['transport_port']}"


def given(nodes: Mapping[tuple[str, str], Sequence[str]], holds: Sequence[Hold]) -> list[Given]:
    """Return what nodes (by name and machine's address) were given, each with the last hold that it has claimed.

    A node that claimed none is left out: it started before the history did, or without the lease.
    """
    last = {(hold.holder, hold.address): hold for hold in holds if hold.claims}
    return [
        Given(*name, frozenset(hosts), last[name].claims[-1].revision, last[name].until_revision)
        for name, hosts in nodes.items()
        if name in last
    ]
