"""One gRPC connection to etcd, used until something on it goes wrong, closed when its last user leaves."""

import asyncio
from collections.abc import Awaitable
from types import TracebackType
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from aetcd import rpc

from fleet.daemon.credentials import Credentials

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


# A member cut off from its peers must refuse, not answer from its past.
_REQUIRE_LEADER = (("hasleader", "true"),)
_NO_AUTHENTICATION = "etcdserver: authentication is not enabled"


class Endpoint(NamedTuple):
    """Where etcd is, and whether TLS is spoken there."""

    address: str
    secure: bool

    @classmethod
    def of(cls, server: str) -> "Endpoint":
        """The endpoint of an `http://host:port` or `https://host:port` URL; raises ValueError for any other."""
        url = urlsplit(server if "//" in server else f"//{server}", scheme="http")
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError(f"etcd server {server}: it must be http://host:port or https://host:port")
        host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
        return cls(f"{host}:{url.port or 2379}", url.scheme == "https")


class Connection:
    """A channel with its stubs. `with connection:` keeps it open for the block, also after it was condemned."""

    def __init__(self, endpoint: Endpoint, credentials: Credentials) -> None:
        self.address = endpoint.address
        self.metadata: tuple[tuple[str, str], ...] = _REQUIRE_LEADER
        self.known = not credentials.user  # whether etcd knows who is asking, as far as anybody wants it to
        self._credentials = credentials
        self._login: asyncio.Task[None] | None = None
        self._channel = credentials.channel(*endpoint, _OPTIONS)
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

    async def authenticated(self) -> None:
        """Log in, once for all users of the connection."""
        if self._login is None:
            self._login = asyncio.ensure_future(self._log_in())
        await asyncio.shield(self._login)

    async def _log_in(self) -> None:
        request = rpc.AuthenticateRequest(name=self._credentials.user, password=self._credentials.password)
        try:
            reply = await rpc.AuthStub(self._channel).Authenticate(request, metadata=_REQUIRE_LEADER)
        except rpc.AioRpcError as error:
            if error.details() != _NO_AUTHENTICATION:
                raise
        else:
            self.metadata = (*_REQUIRE_LEADER, ("token", reply.token))
        self.known = True

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
            waiting.add_done_callback(_forgotten)

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


def _forgotten(waiting: asyncio.Task[T]) -> None:
    """Take note of how it ended, which nobody waits for: gRPC may end a cancelled read with the error of its call."""
    if not waiting.cancelled():
        waiting.exception()
