"""The API's error entity."""

import json

from aiohttp import web

LOST_ETCD = "fleet server unable to communicate with etcd"


class ApiError(Exception):
    """An answer other than success: an HTTP status and fleet's message, which may be empty."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def response(self) -> web.Response:
        """The answer as fleet words it."""
        entity = json.dumps({"error": {"code": self.code, "message": self.message}})
        return web.Response(status=self.code, text=entity, content_type="application/json")
