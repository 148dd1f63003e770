"""/units: what is submitted, and what shall become of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from aiohttp import web

from fleet.daemon.api.bodies import json_of
from fleet.daemon.api.context import Context, headers
from fleet.daemon.api.errors import ApiError
from fleet.daemon.api.pages import page_of
from fleet.daemon.entities import Unit, current_state
from fleet.daemon.etcd import Unavailable
from fleet.daemon.registry import Registry
from fleet.daemon.snapshot import Snapshot
from fleet.model import xfleet
from fleet.model.names import InvalidNameError, UnitName, validate
from fleet.model.states import INACTIVE, DesiredState, parse_state
from fleet.model.unitfile import ParseError, UnitFile

_ABSENT = "unit does not exist"


class Wish(NamedTuple):
    """What a PUT asks for."""

    name: str
    file: UnitFile
    desired: str
    restart: bool

    @classmethod
    def of(cls, name: object, body: Mapping[str, Any]) -> "Wish":
        """The wish that an entity is, for the unit of that name; raises ApiError."""
        if not isinstance(name, str):
            raise ApiError(400, "unable to decode body: not a unit")
        try:
            validate(name)
        except InvalidNameError as error:
            raise ApiError(400, str(error)) from error
        return cls(name, _options(body), body.get("desiredState") or "", body.get("restart") is True)


async def perform(registry: Registry, wish: Wish, unit: Unit | None) -> int:
    """Ask for it; the status that says what was done. Raises ApiError."""
    name, unit_file, desired, restart = wish
    if unit is None and not unit_file.options:
        raise ApiError(409, "unit does not exist and options field empty")
    if unit is None or (unit_file.options and unit_file.hash != unit.hash):
        _check_options(unit_file)
        state = _state(name, desired or INACTIVE)
        if unit is None:
            await registry.create(name, unit_file, state)
        else:
            await registry.replace(unit, unit_file, state)
        return 201
    if not desired:
        raise ApiError(409, "must provide DesiredState to update existing unit")
    await registry.desire(unit, _state(name, desired), restart=restart)
    return 204


class Units:
    """The handlers of /units and /units/NAME."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def list(self, request: web.Request) -> web.Response:
        """All units."""
        if request.method != "GET":
            raise ApiError(405, "only GET supported against this resource")
        snapshot = await self._context.snapshot(request)
        rows, limit = snapshot.units.values(), self._context.token_limit
        return page_of(request.query, rows, lambda unit: _entity(unit, snapshot), "units", limit, headers(snapshot))

    async def item(self, request: web.Request) -> web.Response:
        """One unit."""
        name = request.match_info["name"]
        if request.method == "GET":
            snapshot = await self._context.snapshot(request)
            if name not in snapshot.units:
                raise ApiError(404, _ABSENT)
            return web.json_response(_entity(snapshot.units[name], snapshot), headers=headers(snapshot))
        if request.method == "PUT":
            return web.Response(status=await self._put(name, await _body(request, name)))
        if request.method == "DELETE":
            return web.Response(status=await self._delete(name))
        raise ApiError(405, "only GET, PUT and DELETE supported against this resource")

    async def _put(self, name: str, body: Mapping[str, Any]) -> int:
        wish = Wish.of(name, body)
        unsure = False

        async def put(now: Snapshot) -> int:
            nonlocal unsure
            unit = now.units.get(name)
            if unsure and unit is not None and (unit.hash, unit.desired) == (wish.file.hash, wish.desired or INACTIVE):
                return 201
            try:
                return await perform(self._context.registry, wish, unit)
            except Unavailable:  # it may have been written, and the answer of etcd was lost
                unsure = unsure or (bool(wish.file.options) and (unit is None or unit.hash != wish.file.hash))
                raise

        return await self._context.change(put)

    async def _delete(self, name: str) -> int:
        unsure = False

        async def destroy(now: Snapshot) -> int:
            nonlocal unsure
            if name not in now.units:
                if unsure:
                    return 204
                raise ApiError(404, _ABSENT)
            try:
                await self._context.registry.destroy(now.units[name])
            except Unavailable:  # it may have been done, and the answer of etcd was lost
                unsure = True
                raise
            return 204

        return await self._context.change(destroy)


def _entity(unit: Unit, snapshot: Snapshot) -> dict[str, Any]:
    options = [{"section": one.section, "name": one.name, "value": one.value} for one in unit.file.options]
    entity: dict[str, Any] = {"name": unit.name, "options": options, "desiredState": unit.desired}
    entity["currentState"] = INACTIVE if unit.is_global else current_state(unit, snapshot.state_of(unit))
    if unit.machine:
        entity["machineID"] = unit.machine
    if unit.reason:
        entity["unschedulable"] = unit.reason
    state = snapshot.state_of(unit)
    if state is not None:
        entity |= {"error": state.error} if state.answered >= unit.request else {"pending": True}
    return {key: value for key, value in entity.items() if value}


async def decoded(request: web.Request) -> Mapping[str, Any]:
    """The body of a request, if it is a JSON object and says so."""
    kinds = request.headers.getall("Content-Type", [])
    if len(kinds) != 1 or kinds[0].partition(";")[0].strip() != "application/json":
        raise ApiError(415, "only application/json is supported")
    body = await json_of(request)
    if not isinstance(body, dict):
        raise ApiError(400, "unable to decode body: not an object")
    return body


async def _body(request: web.Request, name: str) -> Mapping[str, Any]:
    """The body of a PUT, checked in upstream's order."""
    body = await decoded(request)
    if not isinstance(body.get("name", ""), str):
        raise ApiError(400, "unable to decode body: not a unit")
    if body.get("name", "") not in ("", name):
        raise ApiError(400, f'name in URL "{name}" differs from unit name in request body "{body["name"]}"')
    return body


def _options(body: Mapping[str, Any]) -> UnitFile:
    options = body.get("options") or []
    keys = ("section", "name", "value")
    try:
        triples = [tuple(option.get(key, "") for key in keys) for option in options]
    except (AttributeError, TypeError) as error:
        raise ApiError(400, "unable to decode body: options are not a list of options") from error
    if not all(isinstance(part, str) for triple in triples for part in triple):
        raise ApiError(400, "unable to decode body: an option is not made of strings")
    try:
        "".join(part for triple in triples for part in triple).encode()
    except UnicodeEncodeError as error:
        raise ApiError(400, f"unable to decode body: an option is not UTF-8: {error.reason}") from error
    return UnitFile.from_options((section, name, value) for section, name, value in triples)


def _check_options(unit_file: UnitFile) -> None:
    try:
        xfleet.validate(unit_file)
    except (xfleet.InvalidOptionsError, ParseError) as error:
        raise ApiError(400, str(error)) from error


def _state(name: str, text: object) -> DesiredState:
    try:
        state = parse_state(str(text))
    except ValueError as error:
        raise ApiError(400, str(error)) from error
    if state != INACTIVE and UnitName(name).is_template:
        raise ApiError(400, f'cannot activate template "{name}"')
    return state
