"""The startup lock of a label: who may start a node now.

/locks/<label> exists while somebody may, and its value says who. It is bound to an etcd lease, so a holder that dies
frees it within the lease's time. One hold starts one node: the node claims the hold before it starts, and never starts
on a hold that is claimed already. So a node that is restarted needs a fresh hold, and queues for it like the others.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, replace

from .etcd import Entry, Etcd, absent, put, put_in_place, unchanged
from .settings import Settings

RECHECK = 10.0
"""Seconds until who waits for a change looks for itself: a watch whose member of etcd has frozen says nothing, as one
that has nothing to say."""


@dataclass(frozen=True)
class Holder:
    """The value of the lock: who holds it, by which hold, and the start of the node that has used it."""

    instance: str
    holder: str
    ip: str
    machine: str
    hold: str
    start: str = ""

    def __str__(self) -> str:
        return f"{self.holder} on {self.ip}"

    def is_of(self, settings: Settings) -> bool:
        """Say whether this is the settings' instance on the settings' machine."""
        return (self.instance, self.ip, self.machine) == (settings.instance, settings.ip, settings.machine)


@dataclass(frozen=True)
class Look:
    """What was seen in etcd: the holder, if any, its entry, and the revision of the sight."""

    holder: Holder | None
    entry: Entry | None
    revision: int


class Lock:
    """The lock of the settings' label, as the settings' instance sees it."""

    def __init__(self, etcd: Etcd, settings: Settings) -> None:
        self.key = f"/locks/{settings.label}"
        self._etcd = etcd
        self._settings = settings
        self._start = secrets.token_hex(4)
        self._has_claimed = False

    def look(self) -> Look:
        """Read who holds the lock."""
        entry, revision = self._etcd.get(self.key)
        return Look(_holder(entry), entry, revision)

    def acquire(self, seen: Look) -> str | None:
        """Take the lock if it is still as it was seen, and free or a leftover of this instance's own.

        Returns the etcd lease that keeps it, or None if somebody else was faster. A leftover (the lease unit was
        killed, the machine rebooted) is taken over in place: the node that it started may still be starting, so nobody
        else may slip in between.
        """
        if seen.holder is not None and not seen.holder.is_of(self._settings):
            return None
        condition = absent(self.key) if seen.entry is None else unchanged(seen.entry)
        lease = self._etcd.grant(self._settings.lease_ttl)
        me = self._settings
        value = Holder(me.instance, me.node, me.ip, me.machine, hold=secrets.token_hex(4))
        if self._etcd.transact([condition], [put(self.key, _text(value), lease)]):
            return lease
        self._etcd.revoke(lease)
        return None

    def keep(self, lease: str) -> bool:
        """Keep the hold alive; False when it is gone."""
        return self._etcd.keep_alive(lease)

    def release(self, lease: str) -> None:
        """Give the hold up. Ends the lease, which owns the key only while the key is still this hold's."""
        self._etcd.revoke(lease)

    def claim(self, seen: Look) -> bool:
        """Use the hold that was seen for the start of this instance's node; True at most once for each hold.

        Where etcd's leader dies after the write and before its answer, EtcdUnavailable is raised and the hold is used;
        it was used by this very start then, and the next claim says so.
        """
        if seen.entry is None or seen.holder is None or not seen.holder.is_of(self._settings):
            return False
        if seen.holder.start:
            claimed = seen.holder.start == self._start and not self._has_claimed
        else:
            value = replace(seen.holder, start=self._start)
            claimed = self._etcd.transact([unchanged(seen.entry)], [put_in_place(self.key, _text(value))])
        self._has_claimed = self._has_claimed or claimed
        return claimed

    def is_claimed(self) -> bool:
        """Say whether the hold that was claimed is held still; if not, this start may claim another one."""
        holder = self.look().holder
        self._has_claimed = holder is not None and holder.is_of(self._settings) and holder.start == self._start
        return self._has_claimed

    def wait_for_change(self, seen: Look, within: float = RECHECK) -> bool:
        """Wait until the lock is written, freed or expires; False if nothing happened within so many seconds."""
        return self._etcd.changed(self.key, seen.revision, within)


def _text(holder: Holder) -> str:
    return json.dumps(asdict(holder))


def _holder(entry: Entry | None) -> Holder | None:
    if entry is None:
        return None
    try:
        return Holder(**json.loads(entry.value))
    except (ValueError, TypeError):
        # Somebody's own `etcdctl put`, to stop starts: it counts as held, by nobody here.
        return Holder("", entry.value, "an unknown machine", "", "")
