"""A small HTTP/1.1 client: one keep-alive connection to fleetd, over a unix socket or TCP.

An own one because importing `http.client` takes 33 ms on an idle 2-core machine (it brings the email package), and this
with `socket` 5 ms: a whole `fleetctl list-units` then takes about 50 ms, where 0.2 s is promised on a busy machine.
"""

import socket
from io import BufferedReader
from typing import NamedTuple

from fleet.ctl.errors import ApiError

SILENCE = 60.0  # seconds without a byte after which fleetd is given up; it answers held requests after 25 s


class Reply(NamedTuple):
    """An HTTP reply; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """The connection to an endpoint: opened at the first request, and again when the other side has closed it."""

    def __init__(self, endpoint: str) -> None:
        """Takes `unix:///path`, `file:///path` or `http://host[:port]`; raises ValueError for anything else."""
        self._address, self._host = _parsed(endpoint)
        self._socket: socket.socket | None = None
        self._reader: BufferedReader | None = None

    def request(self, method: str, target: str, body: bytes = b"") -> Reply:
        """The reply to a request with a JSON body, if any; raises ApiError if there is none.

        A request that finds an idle connection closed is sent once more; all requests of the API may be repeated.
        """
        message = self._message(method, target, body)
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
        return f"{method} {target} HTTP/1.1\r\nHost: {self._host}\r\n{content}\r\n".encode() + body

    def _exchange(self, message: bytes) -> Reply:
        if self._socket is None or self._reader is None:
            self._socket = _connected(self._address)
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


def _parsed(endpoint: str) -> tuple[str | tuple[str, int], str]:
    scheme, separator, rest = endpoint.partition("://")
    host, slash, path = rest.partition("/")
    if not separator:
        raise ValueError("URL scheme undefined")
    if scheme in ("unix", "file"):
        if host:
            raise ValueError(f'unable to connect to host "{host}" with scheme "{scheme}"')
        return slash + path, "fleet"
    if scheme != "http":
        raise ValueError(f'URL scheme "{scheme}" is not supported: use unix or http')
    name, _, port = host.rpartition(":") if ":" in host else (host, "", "80")
    return (name, int(port)), host


def _connected(address: str | tuple[str, int]) -> socket.socket:
    try:
        if isinstance(address, tuple):
            return socket.create_connection(address, timeout=SILENCE)
        return _unix(address)
    except OSError as problem:
        where = address if isinstance(address, str) else f"{address[0]}:{address[1]}"
        raise OSError(f"connecting to {where} failed: {problem.strerror or problem}") from problem


def _unix(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(SILENCE)
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


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
