"""What happened between two states of the cluster, as one node has seen them. Knows no time and no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .state import Copy, Member, State

Key = tuple[str, int]


@dataclass(frozen=True)
class Change:
    """One event to be: what the teller is given. `fact` and `at` where the change itself has them."""

    type: str
    subject: str
    at: int | None = None
    fact: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


def of_nodes(before: State, after: State) -> Iterator[Change]:
    """Yield who has left, and who has joined."""
    for type, some, others in (("node_left", before, after), ("node_joined", after, before)):
        for id in sorted(set(some.nodes) - set(others.nodes)):
            member = some.nodes[id]
            told = {"node": member.name, "node_id": id, "ip": member.ip, "group": f"{type}:{id}"}
            yield Change(type, member.name, fields=told)


def of_indices(before: State, after: State) -> Iterator[Change]:
    """Yield the indices that are new, and those that are gone."""
    for type, names in (
        ("index_created", after.indices - before.indices),
        ("index_deleted", before.indices - after.indices),
    ):
        for name in sorted(names):
            yield Change(type, name, fields={"index": name})


def of_unassigned(before: State | None, after: State, names: Mapping[str, Member]) -> Iterator[Change]:
    """Yield the copies that are placed nowhere, and were not, or for another reason; `names` are all nodes ever seen.

    The master stamps each with its millisecond: with that it is the same fact, whoever tells it.
    """
    told = Counter() if before is None else Counter(_stamp(copy) for copy in before.copies if copy.reason)
    seen: Counter[str] = Counter()
    for copy in after.copies:
        if not copy.reason:  # Elasticsearch keeps it until the copy serves, so also one that is placed soon is told
            continue
        stamp = _stamp(copy)
        seen[stamp] += 1
        if seen[stamp] > told[stamp]:
            yield _unassigned(copy, f"{stamp}:{seen[stamp]}", names)


def of_own_copies(before: State | None, after: State, me: str) -> Iterator[Change]:
    """Yield what became of the copies on the observer's own node: promoted, or on their way to it."""
    had = {} if before is None else _held_by(before, me)
    for key, copy in sorted(_held_by(after, me).items()):
        old = had.get(key)
        told = {"index": copy.index, "shard": copy.shard, "primary": copy.primary, "node": after.name(me)}
        told["node_id"] = me
        is_coming = copy.state == "INITIALIZING" or copy.target == me
        if is_coming and old is None:
            source = after.name(copy.node) if copy.target == me else None
            yield Change("copy_initializing", copy.subject, fields=told | {"from_node": source})
        if before is not None and old is not None and copy.primary and not old.primary:
            last = _primary_of(before, key)
            name = None if last is None else before.name(last.node)
            cause = None if name is None else f"{name} had the primary"
            yield Change("copy_promoted", copy.subject, fields=told | {"from_node": name, "cause": cause})


def started_on(before: State | None, after: State, me: str) -> list[Copy]:
    """Return the copies that serve on the observer's own node, and did not."""
    had = {} if before is None else _held_by(before, me)
    now = _held_by(after, me)
    return [copy for key, copy in sorted(now.items()) if _serves(copy, me) and not _serves(had.get(key), me)]


def cause_of(state: State, names: Mapping[str, Member]) -> str | None:
    """Return why the status is not green, in words."""
    if state.is_unrecovered:
        return "the cluster's state is not recovered yet: nodes are awaited"
    if not state.missing:
        return None
    reasons = Counter(_why(copy, names) for copy in state.copies if not copy.is_active and copy.reason)
    why = f": {reasons.most_common(1)[0][0]}" if reasons else ""
    return f"{state.missing} of {len(state.copies)} copies are missing{why}"


def _unassigned(copy: Copy, fact: str, names: Mapping[str, Member]) -> Change:
    gone = names.get(_left(copy))
    told = {"index": copy.index, "shard": copy.shard, "primary": copy.primary, "reason": copy.reason}
    told |= {"details": copy.details or None, "node": gone.name if gone else None, "cause": _why(copy, names)}
    return Change("copy_unassigned", copy.subject, copy.at, fact, told)


def _why(copy: Copy, names: Mapping[str, Member]) -> str:
    gone = names.get(_left(copy))
    return f"{gone.name} left" if gone else copy.reason.lower().replace("_", " ")


def _left(copy: Copy) -> str:
    """Return the id of the node whose leaving is the reason."""
    return copy.details.removeprefix("node_left[").removesuffix("]") if copy.reason == "NODE_LEFT" else ""


def _stamp(copy: Copy) -> str:
    return f"{copy.subject}:{'p' if copy.primary else 'r'}:{copy.at}:{copy.reason}"


def _held_by(state: State, node: str) -> dict[Key, Copy]:
    return {(copy.index, copy.shard): copy for copy in state.copies if node in (copy.node, copy.target)}


def _serves(copy: Copy | None, node: str) -> bool:
    return copy is not None and copy.is_active and copy.node == node


def _primary_of(state: State, key: Key) -> Copy | None:
    return next((copy for copy in state.copies if (copy.index, copy.shard) == key and copy.primary), None)
