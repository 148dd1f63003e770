"""The cluster's state, as one node knows it: what the recorder reads of it, and the status that follows from it."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ACTIVE = ("STARTED", "RELOCATING")


@dataclass(frozen=True)
class Member:
    """A node of the cluster."""

    id: str
    name: str
    ip: str


@dataclass(frozen=True)
class Copy:
    """One copy of one shard: where it is, and if it is nowhere, since when (milliseconds since the epoch) and why."""

    index: str
    shard: int
    primary: bool
    state: str
    node: str | None
    target: str | None = None
    at: int = 0
    reason: str = ""
    details: str = ""

    @property
    def subject(self) -> str:
        """What an event calls it."""
        return f"{self.index}[{self.shard}]"

    @property
    def is_active(self) -> bool:
        """Whether it serves."""
        return self.state in ACTIVE


@dataclass(frozen=True)
class State:
    """The state of a version; without a master it is what the node knew last."""

    cluster: str
    version: int
    master: str | None
    is_unrecovered: bool
    is_blocked: bool
    nodes: Mapping[str, Member]
    copies: tuple[Copy, ...]

    @property
    def status(self) -> str:
        """green, yellow, red or no-master; a state that is not recovered yet is red, as Elasticsearch says it."""
        if self.master is None:
            return "no-master"
        if self.is_unrecovered or any(copy.primary and not copy.is_active for copy in self.copies):
            return "red"
        return "yellow" if self.missing else "green"

    @property
    def missing(self) -> int:
        """How many copies do not serve."""
        return sum(not copy.is_active for copy in self.copies)

    @property
    def indices(self) -> frozenset[str]:
        """The names of the indices."""
        return frozenset(copy.index for copy in self.copies)

    def name(self, node: str | None) -> str | None:
        """Return the name of a node, where it is in the cluster."""
        member = self.nodes.get(node or "")
        return member.name if member is not None else None


def mark_of(answer: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what is another thing whenever the state is."""
    return answer.get("version"), answer.get("master_node"), len(_blocks(answer))


def state_of(answer: Mapping[str, Any]) -> State:
    """Read the answer to _cluster/state. Raises KeyError, TypeError or ValueError where it is none."""
    nodes = {id: Member(id, node["name"], _ip(node["transport_address"])) for id, node in answer["nodes"].items()}
    tables = answer["routing_table"]["indices"].values()
    groups = [group for table in tables for group in table["shards"].values()]
    return State(
        answer["cluster_name"],
        int(answer["version"]),
        answer.get("master_node"),
        any(block.get("description", "").startswith("state not recovered") for block in _blocks(answer)),
        bool(_blocks(answer)),
        nodes,
        tuple(_copy(fields) for group in groups for fields in group),
    )


def _blocks(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what keeps everything from being written: there is no master, or the state is not recovered yet."""
    return list(answer.get("blocks", {}).get("global", {}).values())


def _copy(fields: Mapping[str, Any]) -> Copy:
    why = fields.get("unassigned_info") or {}
    return Copy(
        fields["index"],
        int(fields["shard"]),
        bool(fields["primary"]),
        fields["state"],
        fields.get("node"),
        fields.get("relocating_node"),
        _milliseconds(why.get("at", "")),
        why.get("reason", ""),
        why.get("details", ""),
    )


def _milliseconds(text: str) -> int:
    """Read 2026-11-23T06:39:46.012Z; 0 where it is none."""
    try:
        parts = [int(part) for part in re.split("[-T:.Z]", text)[:7]]
        return timegm((*parts[:6], 0, 0, 0)) * 1000 + parts[6]
    except (ValueError, IndexError, TypeError):
        return 0


def _ip(transport: str) -> str:
    """Return the address in `inet[/192.168.57.101:9300]`."""
    return transport.partition("/")[2].rpartition(":")[0]
