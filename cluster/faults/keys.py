"""Bad things done to keys in etcd."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.etcd import Etcd
from cluster.eventually import eventually
from cluster.faults.fault import Fault, injected
from cluster.faults.order import Order


class HoldLock(Fault):
    """Somebody holds a lock, from when it is free; healed, he does not. What somebody else holds is not touched."""

    def __init__(self, etcd: Etcd, key: str, holder: str) -> None:
        self.order = Order("hold-lock", key, {"holder": holder})
        self._etcd, self._key, self._holder = etcd, key, holder

    def inject(self) -> None:
        """Take it, as soon as it is free."""
        eventually(f"{self._key} is free", self._take, within=20)

    def bites(self) -> None:
        """See who holds it."""
        assert self._is_held(), f"{self._key} is held by {self._etcd.get(self._key)}"

    def heal(self) -> None:
        """Let it go, where it is held by this holder."""
        if self._is_held():
            self._etcd.delete(self._key)

    def healed(self) -> None:
        """See that it is free, or somebody else's."""
        assert not self._is_held(), f"{self._key} is still held by {self._holder}"

    def _take(self) -> bool:
        return self._is_held() or self._etcd.put_if_absent(self._key, self._holder)  # or the answer was lost

    def _is_held(self) -> bool:
        return self._etcd.get(self._key) == self._holder


@contextmanager
def held(etcd: Etcd, key: str, holder: str) -> Iterator[None]:
    """Hold a lock inside the block, as soon as it is free; what somebody else holds by then is not touched."""
    with injected(HoldLock(etcd, key, holder)):
        yield
