"""What the handlers share: a registry to read and to change, and how long a client may be made to wait."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from fleet.daemon.api.errors import LOST_ETCD, ApiError
from fleet.daemon.etcd import Unavailable
from fleet.daemon.presence import Presence
from fleet.daemon.registry import Registry
from fleet.daemon.snapshot import Snapshot

T = TypeVar("T")
REVISION_HEADER = "X-Fleet-Revision"
_PATIENCE = 5.0  # seconds that a request may wait for etcd
_LONGEST_WAIT = 300.0


@dataclass(frozen=True, slots=True)
class Context:
    """The API's way to the registry."""

    registry: Registry
    presence: Presence
    token_limit: int

    @property
    def ready(self) -> bool:
        """Whether this machine is part of the cluster and sees the registry as it is."""
        return self.registry.mirror.fresh and self.presence.lease != 0

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
        return await self.patiently(self.registry.latest())

    async def patiently(self, answer: Awaitable[T]) -> T:
        """The registry's answer; an etcd that does not answer is an error of its own."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await answer
        except (Unavailable, TimeoutError) as error:
            raise ApiError(503, LOST_ETCD) from error


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
