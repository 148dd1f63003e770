"""One gRPC connection to etcd, used until something on it goes wrong, closed when its last user leaves."""

import asyncio
from collections.abc import Awaitable
from types import TracebackType
from typing import TypeVar
from urllib.parse import urlsplit

from aetcd import rpc

T = TypeVar("T")

_OPTIONS = (
    # Or a "new" connection would be the old one, dead as it is, from gRPC's process-wide pool.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


def address_of(server: str) -> str:
    """`host:port` of an `http://host:port` URL; raises ValueError for what this client cannot speak."""
    url = urlsplit(server if "//" in server else f"//{server}", scheme="http")
    if url.scheme != "http" or not url.hostname:
        raise ValueError(f"etcd server {server}: only http://host:port is supported")
    return f"{url.hostname}:{url.port or 2379}"


class Connection:
    """A channel with its stubs. `with connection:` keeps it open for the block, also after it was condemned."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._channel = rpc.insecure_channel(address, options=_OPTIONS)
        self.kv = rpc.KVStub(self._channel)
        self.lease = rpc.LeaseStub(self._channel)
        self.watch = rpc.WatchStub(self._channel)
        self.proven = False  # whether it ever answered
        self._users = 0
        self._verdict: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._closing: asyncio.Task[None] | None = None

    @property
    def condemned(self) -> bool:
        """Whether nobody should start anything on it any more."""
        return self._verdict.done()

    def condemn(self) -> None:
        """Make all who wait on it stop waiting; close it when the last of them has left."""
        if not self.condemned:
            self._verdict.set_result(None)
        self._close_if_unused()

    async def closed(self) -> None:
        """Wait until a condemned connection is closed."""
        if self._closing is not None:
            await self._closing

    async def unless_condemned(self, answer: Awaitable[T], within: float | None) -> T:
        """The answer; raises ConnectionError if the connection is given up before, TimeoutError after `within` s."""
        waiting = asyncio.ensure_future(_awaited(answer))
        try:
            await asyncio.wait((waiting, self._verdict), timeout=within, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            if self.condemned:
                raise ConnectionError(f"connection to {self.address} was given up")
            raise TimeoutError
        finally:
            waiting.cancel()

    def __enter__(self) -> "Connection":
        self._users += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._users -= 1
        if self.condemned:
            self._close_if_unused()

    def _close_if_unused(self) -> None:
        # Closing cancels what still runs on the channel, and gRPC's cancellations look like a cancelled task.
        if self._users == 0 and self._closing is None:
            self._closing = asyncio.ensure_future(self._channel.close())


async def _awaited(answer: Awaitable[T]) -> T:
    return await answer
