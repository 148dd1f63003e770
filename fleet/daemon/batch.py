"""Many requests of a user as one: all are carried out by one transaction, or none is."""

from collections.abc import Iterable

from fleet.daemon.etcd import Delete, Put, Unchanged
from fleet.daemon.registry import Registry

MOST = 60  # requests in a batch: each may change two keys, and etcd takes 128 operations in a transaction


class Batch(Registry):
    """A registry that keeps what it is asked for until `commit`; of each unit it may be asked for one thing."""

    def __init__(self, registry: Registry) -> None:
        super().__init__(registry.etcd, registry.key(), registry.mirror)
        self._changes: list[Put | Delete] = []
        self._only_if: list[Unchanged] = []

    async def commit(self) -> None:
        """Carry all out; raises Conflict if somebody changed any of it meanwhile."""
        if self._changes:
            await super()._request(self._changes, self._only_if)

    async def _request(self, changes: Iterable[Put | Delete], only_if: Iterable[Unchanged] = ()) -> None:
        self._changes += changes
        self._only_if += only_if
