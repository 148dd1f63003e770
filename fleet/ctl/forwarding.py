"""`fd-forward`: stdin and stdout as a unix socket, for a fleetctl elsewhere that comes by ssh."""

import os
import select
import socket

from fleet.ctl.errors import failing_with
from fleet.ctl.invocation import Invocation

_CHUNK = 65536
STDIN, STDOUT = 0, 1


def fd_forward(call: Invocation) -> int:
    """Copies both ways until the socket is closed."""
    path = call.only("socket").removeprefix("unix://").removeprefix("file://")
    with failing_with(f"Unable to connect to {path}"), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        _copy(connection)
    return 0


def _copy(connection: socket.socket) -> None:
    sources: list[int | socket.socket] = [STDIN, connection]
    while connection in sources:
        for source in select.select(sources, [], [])[0]:
            data = connection.recv(_CHUNK) if source is connection else os.read(STDIN, _CHUNK)
            if not data:
                sources.remove(source)
                if source == STDIN:
                    connection.shutdown(socket.SHUT_WR)
            elif source is connection:
                _write(data)
            else:
                connection.sendall(data)


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(STDOUT, data) :]
