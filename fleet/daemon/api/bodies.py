"""The body of a request, read as JSON."""

import json
from typing import Any

from aiohttp import web

from fleet.daemon.api.errors import ApiError


async def json_of(request: web.Request) -> Any:
    """What the body says; raises ApiError for one that says nothing, in whatever way."""
    try:
        return json.loads(await request.text())
    except (ValueError, LookupError) as error:  # no JSON; not in the charset that it claims, or in one that is none
        raise ApiError(400, f"unable to decode body: {error}") from error
    except RecursionError as error:
        raise ApiError(400, "unable to decode body: it is nested too deeply") from error
