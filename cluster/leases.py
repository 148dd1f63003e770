"""Who held the startup lease, and when: read from the history of its key."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cluster.recorder import Event


@dataclass(frozen=True)
class Hold:
    """One holder's time with the lease, in seconds since the epoch and in etcd's revisions.

    `until` is None while it still holds; `robbed` names who held the key when this one overwrote it.
    """

    holder: str
    since: float
    since_revision: int
    until: float | None = None
    until_revision: int | None = None
    robbed: str | None = None

    def covers(self, at: float, slack: float = 0.0) -> bool:
        """Whether it held at that time, give or take `slack` seconds."""
        return self.since - slack <= at and (self.until is None or at <= self.until + slack)


def holds(events: Iterable[Event]) -> list[Hold]:
    """Return the holds in the order in which they began.

    Putting the same holder again is a refresh and no new hold. Putting another one over it ends the first
    hold and marks the second as robbing: a lock that works never shows one.
    """
    ended: list[Hold] = []
    open_by_key: dict[str, Hold] = {}
    for event in events:
        key, value, revision = event.change.key, event.change.value, event.revision
        now = open_by_key.get(key)
        name = None if value is None else holder(value)
        if now is not None and now.holder == name:
            continue
        if now is not None:
            ended.append(replace(open_by_key.pop(key), until=event.at, until_revision=revision))
        if name is not None:
            open_by_key[key] = Hold(name, event.at, revision, robbed=now.holder if now else None)
    return sorted([*ended, *open_by_key.values()], key=lambda hold: hold.since_revision)


def holder(value: str) -> str:
    """Return the node that a lock's value names; a value that is not the units' own, by itself."""
    try:
        content = json.loads(value)
    except ValueError:
        return value.strip()
    return str(content["holder"]) if isinstance(content, dict) and "holder" in content else value.strip()
