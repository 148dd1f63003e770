"""The lanes of what the units keep in etcd: who held the startup lease, and which hosts were published."""

from __future__ import annotations

from collections.abc import Iterator

from cluster.history import Key
from cluster.leases import holder
from cluster.report.event import Event, Lane, Told, Tone, shortened

LEASE, HOSTS = "lease", "hosts"
LOCKS, SERVICES = "/locks/", "/services/"


def lanes(told: Told) -> list[Lane]:
    """Return the lanes for what there is: a row for each label's lease."""
    keys = {one.key for _, one in told.of(Key)}
    locks = sorted(key for key in keys if key.startswith(LOCKS))
    found = []
    if locks:
        rows, names = (18,) * len(locks), tuple(key.removeprefix(LOCKS) for key in locks)
        found.append(Lane(LEASE, "Startup lease", rows, "who holds it", names))
    if any(key.startswith(SERVICES) for key in keys):
        found.append(Lane(HOSTS, "Published hosts", (12,), "put and deleted"))
    return found


def events(told: Told) -> list[Event]:
    """Return each hold as a bar, and each host that was published or went as a moment."""
    return [*_holds(told), *_hosts(told)]


def _holds(told: Told) -> Iterator[Event]:
    locks = sorted({one.key for _, one in told.of(Key) if one.key.startswith(LOCKS)})
    for row, lock in enumerate(locks):
        held: tuple[list[int], float, str] | None = None
        for position, one in [pair for pair in told.of(Key) if pair[1].key == lock]:
            who = "" if one.value is None else str(holder(one.value))
            if held is not None and held[2] == who:
                held[0].append(position)
                continue
            if held is not None:
                yield _hold(row, held, one.at)
            held = ([position], one.at, who) if who else None
        if held is not None:
            yield _hold(row, held, told.end)


def _hold(row: int, held: tuple[list[int], float, str], until: float) -> Event:
    positions, since, who = held
    text = f"the startup lease was held by {who} for {until - since:.1f} s"
    short = who.partition(" on ")[0]
    return Event(tuple(positions), since, LEASE, shortened(text), "info", until, row, "bar", short)


def _hosts(told: Told) -> Iterator[Event]:
    known: set[str] = set()
    for position, one in told.of(Key):
        if not one.key.startswith(SERVICES) or (one.value is not None and one.key in known):
            continue
        if one.value is None:
            known.discard(one.key)
        else:
            known.add(one.key)
        words = "is gone" if one.value is None else "is published"
        tone: Tone = "warn" if one.value is None else "good"
        host = one.key.removeprefix(SERVICES)
        yield Event((position,), one.at, HOSTS, shortened(f"host {host} {words}"), tone)
