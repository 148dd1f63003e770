"""A way by TCP, with TLS if asked for, to a fleetd that listens on a unix socket."""

import socket
import ssl
import threading
from contextlib import suppress
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn


class Relay(ThreadingMixIn, TCPServer):
    """Hands connections on, both ways."""

    daemon_threads = True

    def __init__(self, endpoint: str, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.path = endpoint.removeprefix("unix://")
        self.context = context
        self.port = self.server_address[1]

    def handle_error(self, request: object, address: object) -> None:
        """Who does not trust us, or is not trusted, ends the conversation."""


class _Handler(BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        near: socket.socket = self.request
        if self.server.context:
            near = self.server.context.wrap_socket(near, server_side=True)
        with near, socket.socket(socket.AF_UNIX) as far:
            far.connect(self.server.path)
            back = threading.Thread(target=_copy, args=(far, near), daemon=True)
            back.start()
            _copy(near, far)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
