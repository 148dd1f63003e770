"""/batch: what PUT and DELETE of units ask for, for many units at once. An addition to fleet's API.

A thousand units are then asked for in seventeen transactions and not in a thousand, and their machines, which learn of
many together, make a few daemon-reloads and not one for each.
"""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from fleet.daemon.api.context import Context
from fleet.daemon.api.errors import ApiError
from fleet.daemon.api.units import Wish, decoded, perform
from fleet.daemon.batch import MOST, Batch
from fleet.daemon.snapshot import Snapshot


class Batches:
    """The handler of /batch."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def post(self, request: web.Request) -> web.Response:
        """Carry out `units`, each as its PUT would be, and `destroy`, names of units; all of it, or nothing.

        The answer names those of `destroy` that there were.
        """
        if request.method != "POST":
            raise ApiError(405, "only POST supported against this resource")
        wishes, names = _read(await decoded(request))
        destroyed: set[str] = set()

        async def attempt(now: Snapshot) -> None:
            batch = Batch(self._context.registry)
            for wish in wishes:
                await perform(batch, wish, now.units.get(wish.name))
            there = [name for name in names if name in now.units]
            for name in there:
                await batch.destroy(now.units[name])
            destroyed.update(there)  # before: if etcd's answer is lost, they are gone when this is tried again
            await batch.commit()

        await self._context.change(attempt)
        return web.json_response({"destroyed": sorted(destroyed)})


def _read(body: Mapping[str, Any]) -> tuple[list[Wish], list[str]]:
    units, names = body.get("units") or [], body.get("destroy") or []
    if not isinstance(units, list) or not all(isinstance(unit, dict) for unit in units):
        raise ApiError(400, "unable to decode body: units are not a list of units")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ApiError(400, "unable to decode body: destroy is not a list of names")
    wishes = [Wish.of(unit.get("name"), unit) for unit in units]
    meant = [*(wish.name for wish in wishes), *names]
    if len(meant) > MOST:
        raise ApiError(400, f"more than {MOST} units in a batch")
    if len(set(meant)) < len(meant):
        raise ApiError(400, "a unit is named twice in a batch")
    return wishes, names
