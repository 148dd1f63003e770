"""/discovery: a minimal description of the API, in the format of the Google API discovery service."""

from typing import Any

from aiohttp import web

from fleet.daemon.api.errors import ApiError

_STRING = {"type": "string"}


def _object(schema: str, /, **properties: Any) -> dict[str, Any]:
    return {"id": schema, "type": "object", "properties": properties}


def _list(of: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": of}}


def _method(resource: str, name: str, verb: str, path: str, answer: str = "") -> dict[str, Any]:
    method: dict[str, Any] = {"id": f"fleet.{resource}.{name}", "httpMethod": verb, "path": path}
    return method | ({"response": {"$ref": answer}} if answer else {})


_METADATA = {"type": "object", "additionalProperties": _STRING}
_SCHEMAS = (
    _object("Machine", id=_STRING, primaryIP=_STRING, metadata=_METADATA),
    _object("MachinePage", machines=_list("Machine"), nextPageToken=_STRING),
    _object("UnitOption", section=_STRING, name=_STRING, value=_STRING),
    _object(
        "Unit", name=_STRING, options=_list("UnitOption"), desiredState=_STRING, currentState=_STRING, machineID=_STRING
    ),
    _object("UnitPage", units=_list("Unit"), nextPageToken=_STRING),
    _object(
        "UnitState",
        name=_STRING,
        hash=_STRING,
        machineID=_STRING,
        systemdLoadState=_STRING,
        systemdActiveState=_STRING,
        systemdSubState=_STRING,
    ),
    _object("UnitStatePage", states=_list("UnitState"), nextPageToken=_STRING),
)
DOCUMENT: dict[str, Any] = {
    "kind": "discovery#restDescription",
    "discoveryVersion": "v1",
    "id": "fleet:v1",
    "name": "fleet",
    "version": "v1",
    "title": "fleet API",
    "protocol": "rest",
    "rootUrl": "$ENDPOINT/",
    "servicePath": "fleet/v1/",
    "schemas": {schema["id"]: schema for schema in _SCHEMAS},
    "resources": {
        "Machines": {"methods": {"List": _method("Machine", "List", "GET", "machines", "MachinePage")}},
        "Units": {
            "methods": {
                "List": _method("Unit", "List", "GET", "units", "UnitPage"),
                "Get": _method("Unit", "Get", "GET", "units/{unitName}", "Unit"),
                "Set": _method("Unit", "Set", "PUT", "units/{unitName}"),
                "Delete": _method("Unit", "Delete", "DELETE", "units/{unitName}"),
            }
        },
        "UnitState": {"methods": {"List": _method("UnitState", "List", "GET", "state", "UnitStatePage")}},
    },
}


async def discovery(request: web.Request) -> web.Response:
    """The document."""
    if request.method != "GET":
        raise ApiError(400, "only HTTP GET supported against this resource")
    return web.json_response(DOCUMENT)
