"""Bad things done to keys in etcd."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.etcd import Etcd
from cluster.eventually import eventually


@contextmanager
def held(etcd: Etcd, key: str, holder: str) -> Iterator[None]:
    """Hold a lock inside the block, as soon as it is free; what somebody else holds by then is not touched."""

    def is_held() -> bool:
        return etcd.get(key) == holder or etcd.put_if_absent(key, holder)  # or it was, and the answer was lost

    try:
        eventually(f"{key} is free", is_held, within=20)
        yield
    finally:
        if etcd.get(key) == holder:
            etcd.delete(key)
