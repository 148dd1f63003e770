"""What etcd's keys of the label tell: hosts come and go, instances move, the startup lease goes round.

Each event is known by etcd's cluster, revision, key and lease, so it is stored once although every recorder tells it.
The key, because one transaction changes several at one revision; the cluster, because a new one counts from the
beginning; the lease, because an etcd that lost its data and was given its members again has the same id as before, and
leases are numbered by the clock.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from toolkit.etcd import Entry

from .keywatch import Heard
from .teller import Teller


@dataclass(frozen=True)
class _Known:
    """The last value of a key, its lease, and since when, in milliseconds, where the observer has seen it come."""

    value: dict[str, Any]
    lease: str
    since: int | None


class Keys:
    """Tells what it hears of the hosts below a prefix, and of the lock."""

    def __init__(self, teller: Teller, lock: str) -> None:
        self._teller, self._lock = teller, lock
        self._known: dict[str, _Known] = {}
        self._places: dict[str, str] = {}

    def hear(self, heard: Heard) -> None:
        """Tell what a change means."""
        entry = heard.change.entry
        before = self._known.get(entry.key)
        if heard.change.is_removed:
            self._known.pop(entry.key, None)
            self._gone(replace(entry, lease="" if before is None else before.lease), before, heard.at)
            return
        if before is not None and entry.created == entry.modified and entry.lease != before.lease:
            before = None  # it went unheard: etcd lost it, or forgot that it went
        value = _object(entry.value)
        since = before.since if before is not None else heard.at if heard.is_news else None
        self._known[entry.key] = _Known(value, entry.lease, since)
        if entry.key == self._lock:
            self._held(heard, value, before)
        else:
            self._published(heard, value, before)

    def _published(self, heard: Heard, value: dict[str, Any], before: _Known | None) -> None:
        entry, instance, ip = heard.change.entry, str(value.get("instance", "")), str(value.get("ip", ""))
        last = self._places.get(instance)
        self._places[instance] = ip
        if heard.is_news and before is None:
            self._tell("host_published", entry, value, "host", heard.at)
        if heard.is_news and last not in (None, ip):
            self._tell("instance_moved", entry, value, "host", heard.at, from_ip=last)

    def _held(self, heard: Heard, value: dict[str, Any], before: _Known | None) -> None:
        entry = heard.change.entry
        is_new = before is None or before.value.get("hold") != value.get("hold")
        if is_new:
            self._known[entry.key] = _Known(value, entry.lease, heard.at if heard.is_news else None)
        if heard.is_news and is_new:
            self._tell("lease_taken", entry, value, "holder", heard.at)
        elif heard.is_news and value.get("start"):
            self._tell("lease_used", entry, value, "holder", heard.at)

    def _gone(self, entry: Entry, before: _Known | None, at: int) -> None:
        value = {} if before is None else before.value
        since = None if before is None else before.since
        lasted = None if since is None else at - since
        if entry.key == self._lock:
            self._tell("lease_free", entry, value, "holder", at, duration_ms=lasted)
        else:
            self._tell("host_gone", entry, value, "host", at, duration_ms=lasted)

    def _tell(self, type: str, entry: Entry, value: dict[str, Any], who: str, at: int, **fields: Any) -> None:
        node = value.get(who) or None
        told = {"key": entry.key, "revision": entry.modified, "instance": value.get("instance"), "ip": value.get("ip")}
        subject = str(node or entry.key)
        fact = f"{entry.cluster}:{entry.modified}:{entry.key}:{entry.lease}"
        self._teller.event(type, subject, at, fact, node=node, **(told | fields))


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
