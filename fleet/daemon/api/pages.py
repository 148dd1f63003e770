"""Paging: tokens that name a page by its size and number, counted from 1."""

import base64
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from aiohttp import web
from multidict import MultiMapping

from fleet.daemon.api.errors import ApiError

Row = TypeVar("Row")
_TOKEN = struct.Struct("<HH")


def page_of(
    query: MultiMapping[str],
    rows: Iterable[Row],
    entity: Callable[[Row], Mapping[str, Any]],
    key: str,
    limit: int,
    headers: Mapping[str, str],
) -> web.Response:
    """The page that the query asks for, as `{key: [...], "nextPageToken": ...}`; what is empty is left out.

    Only the page's rows are made entities of: a list of many pages costs what its rows cost, once.
    """
    number = _number(query.getall("nextPageToken", []), limit)
    start = (number - 1) * limit
    page = [entity(row) for row in islice(rows, start, start + limit)]
    body: dict[str, Any] = {key: page} if page else {}
    # A last page that is exactly full carries a token, too.
    if len(page) == limit:
        body["nextPageToken"] = encode(limit, number + 1)
    return web.json_response(body, headers=headers)


def encode(limit: int, number: int) -> str:
    """The token of a page."""
    return base64.urlsafe_b64encode(_TOKEN.pack(limit, number)).decode()


def _number(tokens: Sequence[str], limit: int) -> int:
    if not tokens or tokens == [""]:
        return 1
    if len(tokens) > 1:
        raise ApiError(400, "too many values for page token")
    try:
        size, number = _TOKEN.unpack(base64.b64decode(tokens[0], altchars=b"-_", validate=True))
    except (ValueError, struct.error) as error:  # ValueError: not ASCII, or not base64
        raise ApiError(400, f"unable to decode page token: {error}") from error
    if size != limit:
        raise ApiError(400, f"token limit must be {limit}")
    if number < 1:
        raise ApiError(400, "page number must be positive")
    return int(number)
