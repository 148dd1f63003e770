"""/state: what the machines say about the units on them."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from fleet.daemon.api.context import Context, headers
from fleet.daemon.api.errors import ApiError
from fleet.daemon.api.pages import page_of
from fleet.daemon.entities import UnitState
from fleet.daemon.snapshot import Snapshot


class States:
    """The handlers of /state and /state/NAME."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def list(self, request: web.Request) -> web.Response:
        """All states, or those of a machine (`machineID`), of a unit (`unitName`), or of both."""
        snapshot = await self._snapshot(request)
        name, machine = request.query.get("unitName"), request.query.get("machineID")
        chosen = [
            state
            for state in snapshot.states.values()
            if (not name or state.name == name) and (not machine or state.machine == machine)
        ]
        limit = self._context.token_limit
        return page_of(request.query, chosen, lambda one: _entity(one, snapshot), "states", limit, headers(snapshot))

    async def item(self, request: web.Request) -> web.Response:
        """The state of a unit on the first machine that has it."""
        snapshot = await self._snapshot(request)
        for state in snapshot.states.values():
            if state.name == request.match_info["name"]:
                return web.json_response(_entity(state, snapshot), headers=headers(snapshot))
        raise ApiError(404, "unit state does not exist")

    async def _snapshot(self, request: web.Request) -> Snapshot:
        if request.method != "GET":
            raise ApiError(405, "only GET supported against this resource")
        return await self._context.snapshot(request)


def _entity(state: UnitState, snapshot: Snapshot) -> Mapping[str, Any]:
    entity = {
        "name": state.name,
        "hash": state.hash,
        "machineID": state.machine,
        "systemdLoadState": state.load,
        "systemdActiveState": state.active,
        "systemdSubState": state.sub,
    }
    unit = snapshot.units.get(state.name)
    pending = unit is not None and state.answered < unit.request
    return entity | ({"error": state.error} if state.error else {}) | ({"pending": True} if pending else {})
