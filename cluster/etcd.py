"""The cluster's etcd, seen from the host through its v3 API: the one module that knows etcd3."""

from __future__ import annotations

import os
import queue
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from cluster.errors import InfraError

# etcd3's generated code is older than today's protobuf, which takes it in its pure-Python form only.
os.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = "python"
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import etcd3
    import grpc
    from etcd3 import etcdrpc

T = TypeVar("T")

PORT = 2379
TIMEOUT = 3
"""Seconds for one request to one member."""

PINGS = 6.0
"""Seconds between two pings of a connection: etcd takes one each 5 s, and closes the connection of who sends more."""

_GRPC = {
    "grpc.keepalive_time_ms": int(PINGS * 1000),
    "grpc.keepalive_timeout_ms": 2000,
    "grpc.enable_http_proxy": 0,  # the machines are on this host
}


@dataclass(frozen=True)
class Entry:
    """A key with its value, and the lease that it goes with; 0 where it goes with none."""

    key: str
    value: str
    lease: int


@dataclass(frozen=True)
class Change:
    """A key was put, or it was deleted: then its value is None. A lease that runs out deletes its keys."""

    key: str
    value: str | None
    revision: int


class EtcdDown(InfraError):
    """None of the members answered."""


class _NoLeader(etcd3.exceptions.Etcd3Exception):  # type: ignore[misc]
    """A member knows of no leader."""


class Etcd:
    """The members of the cluster's etcd; each request goes to the first one that answers.

    A read that failed is tried at the next member. A write is not: it may have been applied, and a second try would
    then say that nothing was there to delete, or that somebody else holds what is our own.
    """

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = list(addresses)
        self._clients: dict[str, Any] = {}

    def get(self, key: str) -> str | None:
        """Return a key's value, None where there is no such key."""
        entry = self.prefix(key).get(key)
        return None if entry is None else entry.value

    def prefix(self, prefix: str) -> dict[str, Entry]:
        """Return all keys that start with `prefix`, in order."""
        pairs = self._any(lambda client: list(client.get_prefix(prefix)))
        return {entry.key: entry for entry in (_entry(value, meta) for value, meta in pairs)}

    def all(self) -> dict[str, Entry]:
        """Return every key."""
        pairs = self._any(lambda client: list(client.get_all()))
        return {entry.key: entry for entry in (_entry(value, meta) for value, meta in pairs)}

    def put(self, key: str, value: str) -> None:
        """Put a key."""
        self._once(lambda client: client.put(key, value))

    def put_if_absent(self, key: str, value: str) -> bool:
        """Put a key that is not there; return whether it was so."""

        def put(client: Any) -> bool:
            absent = [client.transactions.version(key) == 0]
            done, _ = client.transaction(absent, success=[client.transactions.put(key, value)], failure=[])
            return bool(done)

        return self._once(put)

    def delete(self, key: str) -> bool:
        """Delete a key; return whether it was there."""
        return bool(self._once(lambda client: client.delete(key)))

    def revision(self) -> int:
        """Return the store's revision: it grows with every change."""
        return int(self._any(lambda client: client.get_response("/").header.revision))

    def leader(self) -> str:
        """Return the address of the member that leads; raises EtcdDown while none does.

        A member that is cut off from the others still answers, and knows of none: then the next one is asked.
        """

        def ask(client: Any) -> str:
            member = client.status().leader
            if member is None:
                raise _NoLeader
            return str(urlsplit(next(iter(member.peer_urls))).hostname)

        return self._any(ask)

    def answering(self) -> list[str]:
        """Return the addresses of the members that answer a linearizable read: empty without a quorum."""
        return [address for address in self._addresses if self._answers(address)]

    def watch(self, start: int, stop: WatchHandle) -> Iterator[Change]:
        """Yield all changes from revision `start` on, in order, until `stop` is told to stop.

        One watch of everything: etcd keeps the order inside a watch, not from one watch to another.
        Raises EtcdDown when the member that was asked goes away: go on from the revision after the last change.
        """
        address = next(iter(self.answering()), None)
        if address is None:
            raise EtcdDown(f"no answer from {', '.join(self._addresses)}")
        with _client(address) as client:
            call = etcdrpc.WatchStub(client.channel).Watch(stop.requests(start))
            stop.call = call
            try:
                for response in call:
                    if response.canceled:
                        raise InfraError(f"etcd ended the watch: {response.cancel_reason or 'compacted'}")
                    yield from map(_change, response.events)
            except grpc.RpcError as error:
                if not stop.stopped:
                    raise EtcdDown(f"{address}: {error.code()}") from error

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _once(self, write: Callable[[Any], T]) -> T:
        return self._any(write, self.answering()[:1])

    def _any(self, ask: Callable[[Any], T], addresses: Sequence[str] | None = None) -> T:
        failures = []
        for address in self._addresses if addresses is None else addresses:
            try:
                return ask(self._clients.get(address) or self._connected(address))
            except (etcd3.exceptions.Etcd3Exception, grpc.RpcError) as error:
                failures.append(f"{address}: {type(error).__name__}")
        raise EtcdDown("; ".join(failures) or f"no answer from {', '.join(self._addresses)}")

    def _connected(self, address: str) -> Any:
        self._clients[address] = client = _client(address)
        return client

    def _answers(self, address: str) -> bool:
        try:
            with _client(address) as client:
                client.get("/")
        except (etcd3.exceptions.Etcd3Exception, grpc.RpcError):
            return False
        return True


class WatchHandle:
    """Ends a watch from another thread."""

    def __init__(self) -> None:
        self.stopped = False
        self.call: Any = None
        self._queue: queue.Queue[Any] = queue.Queue()

    def requests(self, start: int) -> Iterator[Any]:
        """Yield what is asked of etcd, and keep the stream open until the end."""
        self._queue = queue.Queue()
        create = etcdrpc.WatchCreateRequest(key=b"\0", range_end=b"\0", start_revision=start)
        yield etcdrpc.WatchRequest(create_request=create)
        while (request := self._queue.get()) is not None:
            yield request

    def stop(self) -> None:
        """End the watch; its iterator ends too."""
        self.stopped = True
        self._queue.put(None)
        if self.call is not None:
            self.call.cancel()


def _client(address: str) -> Any:
    return etcd3.client(host=address, port=PORT, timeout=TIMEOUT, grpc_options=list(_GRPC.items()))


def _entry(value: bytes, meta: Any) -> Entry:
    key = meta.key.decode(errors="replace")
    return Entry(key, value.decode(errors="replace"), meta.lease_id)


def _change(event: Any) -> Change:
    key = event.kv.key.decode(errors="replace")
    deleted = event.type == 1
    return Change(key, None if deleted else event.kv.value.decode(errors="replace"), event.kv.mod_revision)
