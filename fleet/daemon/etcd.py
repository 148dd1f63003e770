"""etcd v3 as fleetd needs it: requests that time out, leases, one watch, and a connection that is never trusted long.

It stands on aetcd's protocol stubs, not on its Client: that hides the revision of a transaction, does not notice a
watch stream that just ends, and keeps a connection whose far end died. Here a heartbeat, or the first request on a
connection, that is not answered in time condemns the connection; the next request opens another one, to the next
endpoint. Behind an `etcd gateway` that alone leads to a living member.
"""

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, TypeVar

from aetcd import rpc

from fleet.daemon.connection import Connection, Endpoint
from fleet.daemon.credentials import Credentials
from fleet.daemon.tally import Tally

log = logging.getLogger(__name__)
T = TypeVar("T")

_BUSY = frozenset(
    {
        "etcdserver: request timed out",
        "etcdserver: too many requests",
        "etcdserver: mvcc: database space exceeded",  # it still reads and watches
    }
)
_PERMANENT = frozenset({rpc.StatusCode.INVALID_ARGUMENT, rpc.StatusCode.OUT_OF_RANGE})
# Invalid arguments, to etcd: but the operator may mend them, and a new connection logs in anew.
_STRANGER = frozenset(
    {
        "etcdserver: user name is empty",
        "etcdserver: authentication failed, invalid user ID or password",
        "etcdserver: revision of auth store is old",
    }
)


# Seconds that a request to a living etcd may take: its disk may be busy. That it lives is found out by heartbeats,
# which wait for no disk.
SLOW_DISK = 5.0


class Unavailable(Exception):
    """etcd did not answer in time, or said that it cannot. Nothing is known about what was asked."""


class LeaseExpired(Unavailable):
    """What was asked for needs a lease that is no more; its owner finds out and gets another one."""


class Refused(Exception):
    """etcd answered that the request is wrong."""


class KeyValue(NamedTuple):
    """A key under the prefix as it is, or (value None) as it was when it was deleted, with the revision of that."""

    key: str
    value: str | None
    revision: int
    lease: int = 0


class Reading(NamedTuple):
    """What a range held at a revision."""

    revision: int
    items: tuple[KeyValue, ...]


class Put(NamedTuple):
    """Set a key, bound to a lease unless that is 0."""

    key: str
    value: str
    lease: int = 0


class Delete(NamedTuple):
    """Delete a key, or all keys that start so."""

    key: str
    prefix: bool = False


class Unchanged(NamedTuple):
    """Condition: the key was last modified at this revision; 0: it does not exist."""

    key: str
    revision: int


class Commit(NamedTuple):
    """Whether a transaction's conditions held, and the revision that it made (or met)."""

    succeeded: bool
    revision: int


class Etcd:
    """A client of one etcd cluster; safe to share between tasks."""

    def __init__(self, servers: Sequence[str], timeout: float = 1.0, credentials: Credentials | None = None) -> None:
        self._connection: Connection | None = None
        self.requests = Tally()
        self.sent = self.received = 0  # bytes of questions and of answers
        self.turn_to(servers, timeout, credentials or Credentials())

    def turn_to(self, servers: Sequence[str], timeout: float, credentials: Credentials) -> None:
        """Use other servers, or be somebody else, from the next request on; raises ValueError for no server's URL."""
        endpoints = [Endpoint.of(server) for server in servers]
        self._endpoints = itertools.cycle(endpoints)
        self._timeout = timeout
        self._credentials = credentials
        if self._connection is not None:
            self._connection.condemn()

    async def read(self, prefix: str) -> Reading:
        """All keys that start with the prefix, as they are after everything that was decided before now.

        Read by a transaction that goes through etcd's log, for it also deletes a key that never was. An ordinary
        linearizable read whose question to the leader got lost, as they do when a member comes back, keeps etcd 3.4
        from answering any such read for 7 s; what goes through the log can just be asked again.
        """
        whole = rpc.RequestOp(request_range=rpc.RangeRequest(key=prefix.encode(), range_end=_end_of(prefix)))
        reply = await self._repeatedly(rpc.TxnRequest(success=[whole, _operation(Delete(f"{prefix}never"))]))
        return Reading(reply.header.revision, tuple(_item(kv) for kv in reply.responses[0].response_range.kvs))

    async def get(self, key: str) -> KeyValue | None:
        """One key, by a linearizable read."""
        reply = await self._unary("kv", "Range", rpc.RangeRequest(key=key.encode()))
        return _item(reply.kvs[0]) if reply.kvs else None

    async def commit(self, changes: Iterable[Put | Delete], *, only_if: Iterable[Unchanged] = ()) -> Commit:
        """All changes at once, or none if a condition does not hold."""
        conditions = [
            rpc.Compare(key=key.encode(), target=rpc.Compare.MOD, result=rpc.Compare.EQUAL, mod_revision=revision)
            for key, revision in only_if
        ]
        request = rpc.TxnRequest(compare=conditions, success=[_operation(change) for change in changes])
        reply = await self._unary("kv", "Txn", request)
        return Commit(reply.succeeded, reply.header.revision)

    async def grant(self, ttl: int) -> int:
        """A new lease of so many seconds."""
        reply = await self._unary("lease", "LeaseGrant", rpc.LeaseGrantRequest(TTL=ttl))
        return int(reply.ID)

    async def revoke(self, lease: int) -> None:
        """End a lease: its keys are deleted."""
        await self._unary("lease", "LeaseRevoke", rpc.LeaseRevokeRequest(ID=lease))

    async def keep_alive(self, lease: int) -> bool:
        """Prolong a lease by its whole TTL; False if it has expired already."""
        with self.requests.of("LeaseKeepAlive"):
            return await self._keep_alive(lease)

    async def _keep_alive(self, lease: int) -> bool:
        async with self._connected() as connection:
            call = connection.lease.LeaseKeepAlive(metadata=connection.metadata)
            try:
                await self._answer(connection, call.write(rpc.LeaseKeepAliveRequest(ID=lease)), self._timeout)
                reply = await self._answer(connection, call.read(), self._timeout)
            finally:
                call.cancel()
        return bool(getattr(reply, "TTL", 0))

    async def watch(self, prefix: str, start: int) -> AsyncGenerator[tuple[KeyValue, ...], None]:
        """The changes under the prefix from revision `start` on, those of a revision together; ends by Unavailable."""
        create = rpc.WatchCreateRequest(key=prefix.encode(), range_end=_end_of(prefix), start_revision=start)
        async with self._connected() as connection:
            call = connection.watch.Watch(metadata=connection.metadata)
            try:
                await self._answer(connection, call.write(rpc.WatchRequest(create_request=create)), self._timeout)
                await self._answer(connection, call.read(), self._patience(connection))
                while True:
                    reply = await self._answer(connection, call.read(), None)
                    if not hasattr(reply, "events") or reply.canceled:
                        self._condemn(connection, "watch ended")
                        raise Unavailable(f"watch ended: {getattr(reply, 'cancel_reason', '') or 'end of stream'}")
                    self.received += reply.ByteSize()
                    if reply.events:
                        yield tuple(_change(event) for event in reply.events)
            finally:
                call.cancel()

    async def close(self) -> None:
        """Give up the connection."""
        if self._connection is not None:
            self._connection.condemn()
            await self._connection.closed()
            self._connection = None

    async def _unary(self, service: str, method: str, request: Any) -> Any:
        with self.requests.of(method):
            reply = await self._ask(service, method, request)
        self.sent += request.ByteSize()
        self.received += reply.ByteSize()
        return reply

    async def _ask(self, service: str, method: str, request: Any) -> Any:
        async with self._connected() as connection:
            call = getattr(getattr(connection, service), method)
            patience = self._patience(connection)
            sent = call(request, timeout=patience, metadata=connection.metadata)
            reply = await self._answer(connection, sent, patience)
            connection.proven = True
            return reply

    async def _repeatedly(self, request: Any) -> Any:
        """The first answer to a transaction that is asked again and again, without giving up what was asked before."""
        asked: set[asyncio.Task[Any]] = set()
        try:
            while True:
                asked.add(asyncio.create_task(self._unary("kv", "Txn", request)))
                done, _ = await asyncio.wait(asked, timeout=self._timeout, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    return one.result()
        finally:
            for one in asked:
                one.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    def _patience(self, connection: Connection) -> float:
        """A connection that never answered may lead nowhere; behind one that did, etcd may just wait for its disk."""
        return max(self._timeout, SLOW_DISK) if connection.proven else self._timeout

    def _current(self) -> Connection:
        if self._connection is None or self._connection.condemned:
            self._connection = Connection(next(self._endpoints), self._credentials)
        return self._connection

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        with self._current() as connection:
            if not connection.known:
                await self._answer(connection, connection.authenticated(), max(self._timeout, SLOW_DISK))
            yield connection

    async def _answer(self, connection: Connection, answer: Awaitable[T], within: float | None) -> T:
        """The answer, unless it fails, does not come in time, or the connection is given up meanwhile."""
        try:
            return await connection.unless_condemned(answer, within)
        except TimeoutError as error:
            self._condemn(connection, "no answer")
            raise Unavailable("no answer in time") from error
        except ConnectionError as error:
            raise Unavailable(str(error)) from error
        except rpc.AioRpcError as error:
            if error.code() == rpc.StatusCode.NOT_FOUND:  # only leases can be missing
                raise LeaseExpired(error.details()) from error
            if error.code() in _PERMANENT and error.details() not in _STRANGER:
                raise Refused(error.details()) from error
            if error.details() not in _BUSY:
                self._condemn(connection, error.details())
            raise Unavailable(error.details()) from error

    def _condemn(self, connection: Connection, why: str | None) -> None:
        if not connection.condemned:
            log.debug("etcd at %s: %s", connection.address, why)
            connection.condemn()


def _end_of(prefix: str) -> bytes:
    """The first key after all that start with the prefix."""
    raw = prefix.encode()
    return raw[:-1] + bytes([raw[-1] + 1])


def _item(kv: Any) -> KeyValue:
    """What somebody wrote there by hand may be no text: whoever reads a value judges what is in its place."""
    return KeyValue(kv.key.decode(errors="replace"), kv.value.decode(errors="replace"), kv.mod_revision, kv.lease)


def _change(event: Any) -> KeyValue:
    if event.type == rpc.Event.DELETE:
        return KeyValue(event.kv.key.decode(errors="replace"), None, event.kv.mod_revision)
    return _item(event.kv)


def _operation(change: Put | Delete) -> Any:
    if isinstance(change, Put):
        put = rpc.PutRequest(key=change.key.encode(), value=change.value.encode(), lease=change.lease)
        return rpc.RequestOp(request_put=put)
    end = _end_of(change.key) if change.prefix else b""
    return rpc.RequestOp(request_delete_range=rpc.DeleteRangeRequest(key=change.key.encode(), range_end=end))
