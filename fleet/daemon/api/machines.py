"""/machines: who is there, and the metadata that operators lay over a machine's own."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from aiohttp import web

from fleet.daemon.api.bodies import json_of
from fleet.daemon.api.context import Context, headers
from fleet.daemon.api.errors import ApiError
from fleet.daemon.api.pages import page_of
from fleet.daemon.entities import Machine

_PATH = re.compile(r"/([^/]+)/metadata/([A-Za-z0-9_.-]+)")
_MOST = 100  # operations in a request: they are one transaction, and etcd takes 128 in one


class _Operation(NamedTuple):
    machine: str
    key: str
    value: str  # empty: remove


class Machines:
    """The handler of /machines."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def collection(self, request: web.Request) -> web.Response:
        """The living machines, or a change of their metadata."""
        if request.method == "PATCH":
            await self._patch(_operations(await json_of(request)))
            return web.Response(status=204, content_type="application/json")
        if request.method != "GET":
            raise ApiError(405, "only GET and PATCH supported against this resource")
        snapshot = await self._context.snapshot(request)
        rows, limit = snapshot.machines.values(), self._context.token_limit
        return page_of(request.query, rows, _entity, "machines", limit, headers(snapshot))

    async def _patch(self, operations: list[_Operation]) -> None:
        overlay = {(machine, key): value for machine, key, value in operations}
        await self._context.decide(lambda _: self._context.registry.annotate(overlay))


def _entity(machine: Machine) -> Mapping[str, Any]:
    entity: dict[str, Any] = {"id": machine.id, "primaryIP": machine.ip, "metadata": dict(machine.metadata)}
    return {key: value for key, value in entity.items() if value}


def _operations(items: Any) -> list[_Operation]:
    """The operations of a PATCH, all checked before any is applied."""
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ApiError(400, "unable to decode body: not a list of operations")
    if len(items) > _MOST:
        raise ApiError(400, f"more than {_MOST} operations")
    return [_operation(item) for item in items]


def _operation(item: Mapping[str, Any]) -> _Operation:
    kind, path, value = item.get("op"), item.get("path"), item.get("value")
    if kind not in ("add", "replace", "remove"):
        raise ApiError(400, f"invalid op: {kind}")
    target = _PATH.fullmatch(path) if isinstance(path, str) else None
    if target is None:
        raise ApiError(400, "machine metadata path invalid")
    if kind == "remove":
        return _Operation(target[1], target[2], "")
    text = value.get("value") if isinstance(value, dict) else None
    if not isinstance(text, str) or not text:
        raise ApiError(400, f"invalid value: {value}")
    return _Operation(target[1], target[2], text)
