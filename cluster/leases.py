"""Who held the startup lease, when, and for which start of a node: read from the history of its key."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cluster.recorder import Event


@dataclass(frozen=True)
class Holder:
    """What one value of the lock says: the node, its machine's address, and the start that has used the hold."""

    node: str
    address: str = ""
    start: str = ""

    def __str__(self) -> str:
        return f"{self.node} on {self.address}" if self.address else self.node


@dataclass(frozen=True)
class Claim:
    """A hold was used for a start: the node writes so into the lock, and only then becomes Elasticsearch."""

    start: str
    at: float
    revision: int


@dataclass(frozen=True)
class Hold:
    """One holder's time with the lease, in seconds since the epoch and in etcd's revisions.

    `until` is None while it still holds; `robbed` names who held the key when this one overwrote it. `address` is the
    holder's machine, "" for a value that is not the units' own: the same node on another machine is another holder.
    `takeovers` is how often its lease unit came back and took over what its killed predecessor had left.
    """

    holder: str
    since: float
    since_revision: int
    until: float | None = None
    until_revision: int | None = None
    robbed: str | None = None
    address: str = ""
    claims: tuple[Claim, ...] = ()
    takeovers: int = 0

    def is_of(self, holder: Holder | None) -> bool:
        """Whether a value of the lock goes on with this hold."""
        return holder is not None and (holder.node, holder.address) == (self.holder, self.address)

    def goes_on(self, start: str, event: Event) -> Hold:
        """Return the hold with what an event adds: a claim if the start is a new one, a takeover if there is none."""
        if not start:
            return self if event.revision == self.since_revision else replace(self, takeovers=self.takeovers + 1)
        if start in {claim.start for claim in self.claims}:
            return self
        return replace(self, claims=(*self.claims, Claim(start, event.at, event.revision)))


def holds(events: Iterable[Event]) -> list[Hold]:
    """Return the holds in the order in which they began.

    Putting the same holder again, on the same machine, is a refresh or a claim and no new hold. Putting another one
    over it ends the first hold and marks the second as robbing: a lock that works never shows one.
    """
    ended: list[Hold] = []
    open_by_key: dict[str, Hold] = {}
    for event in events:
        key = event.change.key
        new = None if event.change.value is None else holder(event.change.value)
        now = open_by_key.pop(key, None)
        if now is not None and not now.is_of(new):
            ended.append(replace(now, until=event.at, until_revision=event.revision))
        if new is not None:
            robbed = None if now is None else str(Holder(now.holder, now.address))
            fresh = Hold(new.node, event.at, event.revision, robbed=robbed, address=new.address)
            hold = now if now is not None and now.is_of(new) else fresh
            open_by_key[key] = hold.goes_on(new.start, event)
    return sorted([*ended, *open_by_key.values()], key=lambda hold: hold.since_revision)


def holder(value: str) -> Holder:
    """Return whom a lock's value names; a value that is not the units' own names its holder by itself."""
    try:
        content = json.loads(value)
    except ValueError:
        content = None
    if not isinstance(content, dict) or "holder" not in content:
        return Holder(value.strip())
    return Holder(str(content["holder"]), str(content.get("ip", "")), str(content.get("start", "")))
