"""Where fleetd listens, as `--endpoint` says it, and a plain connection to there."""

import socket
from typing import NamedTuple

SILENCE = 60.0  # seconds without a byte after which fleetd is given up; it answers held requests after 25 s
_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535


class Endpoint(NamedTuple):
    """The path of a unix socket, or host and port; `name` is what fleetd is called in requests."""

    address: str | tuple[str, int]
    name: str
    is_secure: bool = False

    @classmethod
    def parse(cls, text: str) -> "Endpoint":
        """Takes `unix:///path`, `file:///path` or `http[s]://host[:port]`; raises ValueError for anything else."""
        scheme, separator, rest = text.partition("://")
        host, slash, path = rest.partition("/")
        if not separator:
            raise ValueError("URL scheme undefined")
        if scheme in ("unix", "file"):
            if host:
                raise ValueError(f'unable to connect to host "{host}" with scheme "{scheme}"')
            return cls(slash + path, "fleet")
        if scheme not in _PORTS:
            raise ValueError(f'URL scheme "{scheme}" is not supported: use unix, http or https')
        return cls(host_and_port(host, _PORTS[scheme]), host, scheme == "https")

    @property
    def place(self) -> str:
        """What people call it."""
        return self.address if isinstance(self.address, str) else f"{self.address[0]}:{self.address[1]}"

    def dial(self) -> socket.socket:
        """A connection; raises OSError, which says to where."""
        try:
            if isinstance(self.address, tuple):
                return socket.create_connection(self.address, timeout=SILENCE)
            return _unix(self.address)
        except OSError as problem:
            raise OSError(f"connecting to {self.place} failed: {problem.strerror or problem}") from problem


def host_and_port(text: str, default: int) -> tuple[str, int]:
    """The parts of `host`, `host:port`, `[address]` and `[address]:port`; raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(default)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or int(port) > _LAST_PORT:
        raise ValueError(f'"{text}" is not host[:port]')
    return host, int(port)


def _unix(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(SILENCE)
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection
