"""What the handlers share: a registry to read and to change, and how long a client may be made to wait."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from aiohttp import web

from fleet.daemon.api.errors import LOST_ETCD, ApiError
from fleet.daemon.etcd import Unavailable
from fleet.daemon.lease import RETRY_DELAY
from fleet.daemon.presence import Presence
from fleet.daemon.registry import Conflict, Registry
from fleet.daemon.snapshot import Snapshot

T = TypeVar("T")
REVISION_HEADER = "X-Fleet-Revision"
_PATIENCE = 8.0  # seconds that a request may wait for etcd
_HICCUP = 3.0  # seconds that etcd may be away before clients are told
_LONGEST_WAIT = 300.0


@dataclass(slots=True)
class Context:
    """The API's way to the registry, and the size of its pages."""

    registry: Registry
    presence: Presence
    token_limit: int
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)

    async def available(self) -> None:
        """Return if this machine is part of the cluster; raises ApiError if not.

        A change of etcd's leader, which takes a second or two, is waited for, as is a registration anew: nobody should
        notice it.
        """
        mirror = self.registry.mirror
        deadline = max(mirror.lost_at, self.presence.lost_at) + _HICCUP
        try:
            async with asyncio.timeout_at(deadline):
                while not (mirror.fresh and self.presence.lease):
                    await mirror.change()
        except TimeoutError as error:
            raise ApiError(503, LOST_ETCD) from error

    async def snapshot(self, request: web.Request) -> Snapshot:
        """What a GET is answered from: at least as new as every request that has been answered anywhere.

        `?after=REVISION` holds the answer until there is something newer, or for `wait` seconds (25).
        """
        after = _number(request, "after", -1)
        if after >= 0:
            wait = min(_number(request, "wait", 25), _LONGEST_WAIT)
            try:
                async with asyncio.timeout(wait):
                    return await self.registry.mirror.seen(int(after) + 1)
            except TimeoutError:
                pass
        return await self.decide(_as_it_is)

    async def change(self, attempt: Callable[[Snapshot], Awaitable[T]]) -> T:
        """What comes of an attempt to write, whose transaction's conditions are all that it was decided on.

        It is made on the copy at hand: a newer one need not be asked for, since etcd refuses what is not so any more.
        What is refused, by etcd or by the attempt itself, is decided anew.
        """
        async with _patience():
            if self.registry.mirror.fresh:
                try:
                    return await attempt(self.registry.mirror.snapshot)
                except (ApiError, Conflict, Unavailable):
                    pass
            return await self._decide(attempt)

    async def decide(self, attempt: Callable[[Snapshot], Awaitable[T]]) -> T:
        """What comes of an attempt on the newest snapshot: a new one if others changed it meanwhile, or etcd failed."""
        async with _patience():
            return await self._decide(attempt)

    async def _decide(self, attempt: Callable[[Snapshot], Awaitable[T]]) -> T:
        while True:
            try:
                return await attempt(await self.registry.latest())
            except Conflict:
                continue
            except Unavailable:
                await asyncio.sleep(RETRY_DELAY)


@asynccontextmanager
async def _patience() -> AsyncIterator[None]:
    """All that a request waits for: also a write that etcd has taken is waited for until the copy at hand shows it."""
    try:
        async with asyncio.timeout(_PATIENCE):
            yield
    except TimeoutError as error:
        raise ApiError(503, LOST_ETCD) from error


async def _as_it_is(snapshot: Snapshot) -> Snapshot:
    return snapshot


def headers(snapshot: Snapshot) -> Mapping[str, str]:
    """The header by which a client waits for the next change."""
    return {REVISION_HEADER: str(snapshot.revision)}


def _number(request: web.Request, name: str, default: float) -> float:
    text = request.query.get(name)
    if text is None:
        return default
    try:
        number = int(text) if name == "after" else float(text)
    except ValueError as error:
        raise ApiError(400, f"invalid {name}: {text}") from error
    if not 0 <= number < 2**63:
        raise ApiError(400, f"invalid {name}: {text}")
    return number
