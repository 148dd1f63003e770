"""A small HTTP/1.1 client: one keep-alive connection to fleetd, over whatever carries bytes to it.

An own one because importing `http.client` takes 33 ms on an idle 2-core machine (it brings the email package), and this
with `socket` 5 ms: a whole `fleetctl list-units` then takes about 50 ms, where 0.2 s is promised on a busy machine.
"""

import socket
import time
from collections.abc import Callable
from io import BufferedReader
from typing import NamedTuple

from fleet.ctl.endpoint import Endpoint
from fleet.ctl.errors import ApiError


class Reply(NamedTuple):
    """An HTTP reply; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """The connection to an endpoint: opened at the first request, and again when the other side has closed it."""

    def __init__(
        self,
        endpoint: Endpoint,
        dial: Callable[[], socket.socket] | None = None,
        debug: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`dial` makes a connection where a plain one will not do; `debug` gets a line on each request."""
        self._endpoint = endpoint
        self._dial = dial or endpoint.dial
        self._debug = debug
        self._socket: socket.socket | None = None
        self._reader: BufferedReader | None = None

    def request(self, method: str, target: str, body: bytes = b"") -> Reply:
        """The reply to a request with a JSON body, if any; raises ApiError if there is none.

        A request that finds an idle connection closed is sent once more; all requests of the API may be repeated.
        """
        begun = time.monotonic()
        reply = self._ask(method, target, self._message(method, target, body))
        self._debug(f"{method} {target} -> {reply.status} ({(time.monotonic() - begun) * 1000:.0f} ms)")
        return reply

    def _ask(self, method: str, target: str, message: bytes) -> Reply:
        reused = self._reader is not None
        try:
            try:
                return self._exchange(message)
            except _ClosedError:
                self.close()
                if not reused:
                    raise
                return self._exchange(message)
        except (OSError, ValueError) as problem:
            self.close()
            raise ApiError(f"{method} {target}: {problem or type(problem).__name__}") from problem

    def close(self) -> None:
        """Closes the connection; the next request opens another one."""
        for part in (self._reader, self._socket):
            if part is not None:
                part.close()
        self._reader = self._socket = None

    def _message(self, method: str, target: str, body: bytes) -> bytes:
        content = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        return f"{method} {target} HTTP/1.1\r\nHost: {self._endpoint.name}\r\n{content}\r\n".encode() + body

    def _exchange(self, message: bytes) -> Reply:
        if self._socket is None or self._reader is None:
            self._socket = self._dial()
            self._reader = self._socket.makefile("rb")
        try:
            self._socket.sendall(message)
        except (BrokenPipeError, ConnectionResetError) as problem:
            raise _ClosedError("the connection was closed") from problem
        reply = _read(self._reader)
        if reply.headers.get("connection", "").lower() == "close":
            self.close()
        return reply


class _ClosedError(OSError):
    """The other side had closed the connection before it answered."""


def _read(reader: BufferedReader) -> Reply:
    try:
        start = reader.readline()
    except ConnectionResetError as problem:
        raise _ClosedError("the connection was closed") from problem
    if not start:
        raise _ClosedError("the connection was closed without a reply")
    _, status, *_ = start.split(None, 2)
    headers = {}
    while line := reader.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return Reply(int(status), headers, _body(int(status), headers, reader))


def _body(status: int, headers: dict[str, str], reader: BufferedReader) -> bytes:
    if status in (204, 304):
        return b""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return b"".join(_chunks(reader))
    if "content-length" in headers:
        return _exactly(int(headers["content-length"]), reader)
    headers["connection"] = "close"
    return reader.read()


def _chunks(reader: BufferedReader) -> list[bytes]:
    chunks = []
    while size := int(reader.readline().split(b";")[0], 16):
        chunks.append(_exactly(size, reader))
        reader.readline()
    while reader.readline().strip():
        pass  # trailers
    return chunks


def _exactly(size: int, reader: BufferedReader) -> bytes:
    data = reader.read(size)
    if len(data) < size:
        raise OSError(f"the reply ended after {len(data)} of {size} bytes")
    return data
