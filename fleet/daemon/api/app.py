"""The routes of the API, and what every answer has."""

import logging
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from fleet.daemon.api.batches import Batches
from fleet.daemon.api.context import Context
from fleet.daemon.api.discovery import discovery
from fleet.daemon.api.errors import ApiError
from fleet.daemon.api.machines import Machines
from fleet.daemon.api.states import States
from fleet.daemon.api.units import Units
from fleet.model.version import FOLLOWS

log = logging.getLogger(__name__)

METRICS = "/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BASES = ("/fleet/v1", "/v1-alpha")


def application(context: Context, exposition: Callable[[], str]) -> web.Application:
    """The API. While this machine is not part of the cluster every request is answered by 503, but for `/metrics`."""
    app = web.Application(middlewares=[_middleware(context)])
    units, states, machines, batches = Units(context), States(context), Machines(context), Batches(context)
    for base in _BASES:
        app.router.add_route("*", f"{base}/units", units.list)
        app.router.add_route("*", f"{base}/units/{{name}}", units.item)
        app.router.add_route("*", f"{base}/state", states.list)
        app.router.add_route("*", f"{base}/state/{{name}}", states.item)
        app.router.add_route("*", f"{base}/machines", machines.collection)
        app.router.add_route("*", f"{base}/batch", batches.post)
        app.router.add_route("*", f"{base}/discovery", discovery)
        app.router.add_route("*", base, _nothing_here)
    app.router.add_route("*", "/", _nothing_here)
    app.router.add_route("*", METRICS, _metrics(exposition))
    return app


def _metrics(exposition: Callable[[], str]) -> Handler:
    async def metrics(request: web.Request) -> web.Response:
        if request.method != "GET":
            raise ApiError(405, "only GET supported against this resource")
        return web.Response(body=exposition().encode(), headers={"Content-Type": CONTENT_TYPE})

    return metrics


async def _nothing_here(_request: web.Request) -> web.Response:
    raise ApiError(405, "no method is supported against this resource")


def _middleware(context: Context) -> Middleware:
    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.path != METRICS:
                await context.available()
            response = await handler(request)
        except ApiError as error:
            response = error.response()
        except UnicodeEncodeError as error:  # JSON can say what UTF-8, and so etcd, cannot hold
            response = ApiError(400, f"unable to decode body: {error.reason}").response()
        except web.HTTPException as error:
            response = ApiError(error.status).response()
        except Exception:
            log.exception("api: %s %s failed", request.method, request.path)
            response = ApiError(500).response()
        response.headers["Server"] = f"fleetd/{FOLLOWS}"
        # A label that any client could give new values would grow for ever.
        context.answers[request.method if request.method in _METHODS else "other", response.status] += 1
        return response

    return answer
