"""The registry without etcd: its transactions on a dictionary, and a copy that is always current."""

from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from fleet.daemon.etcd import Commit, Delete, KeyValue, Put, Unchanged
from fleet.daemon.registry import Registry
from fleet.daemon.snapshot import Assembly, Snapshot

T = TypeVar("T")
PREFIX = "/fleet/"
ETCDS_MOST = 128  # operations, or conditions, in a transaction


class Memory:
    """Does what etcd does with a transaction, and refuses what etcd refuses."""

    def __init__(self) -> None:
        self.revision = 1
        self.items: dict[str, KeyValue] = {}
        self.mirror = MemoryMirror()

    async def commit(self, changes: Iterable[Put | Delete], *, only_if: Iterable[Unchanged] = ()) -> Commit:
        wanted, conditions = list(changes), list(only_if)
        assert max(len(wanted), len(conditions)) <= ETCDS_MOST
        puts = [change.key for change in wanted if isinstance(change, Put)]
        assert len(set(puts)) == len(puts), "etcd refuses to put a key twice"
        if any(self.revision_of(condition.key) != condition.revision for condition in conditions):
            return Commit(False, self.revision)
        self.revision += 1
        events = [event for change in wanted for event in self._carry_out(change)]
        self.mirror.take(events, self.revision)
        return Commit(True, self.revision)

    def revision_of(self, key: str) -> int:
        return self.items[key].revision if key in self.items else 0

    def _carry_out(self, change: Put | Delete) -> list[KeyValue]:
        if isinstance(change, Put):
            self.items[change.key] = KeyValue(change.key, change.value, self.revision, change.lease)
            return [self.items[change.key]]
        gone = [key for key in self.items if key == change.key or (change.prefix and key.startswith(change.key))]
        for key in gone:
            del self.items[key]
        return [KeyValue(key, None, self.revision) for key in gone]


class MemoryMirror:
    def __init__(self) -> None:
        self.assembly = Assembly()
        self.snapshot = Snapshot()

    def take(self, events: Iterable[KeyValue], revision: int) -> None:
        self.assembly.apply(event._replace(key=event.key.removeprefix(PREFIX)) for event in events)
        self.snapshot = self.assembly.snapshot(revision)

    async def seen(self, revision: int) -> Snapshot:
        assert self.snapshot.revision >= revision
        return self.snapshot


def registry_of(memory: Memory) -> Registry:
    etcd: Any = memory
    mirror: Any = memory.mirror
    return Registry(etcd, PREFIX, mirror)


def done(work: Coroutine[Any, Any, T]) -> T:
    """What comes of work that has nothing to wait for."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waits")
