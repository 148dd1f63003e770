"""`--tunnel`: fleetd's API as another machine sees it, over the system's ssh."""

import socket
import subprocess

from fleet.ctl import openssh
from fleet.ctl.endpoint import SILENCE, Endpoint
from fleet.ctl.invocation import Invocation

_LAST_WORDS = 2.0  # seconds


class Tunnel:
    """Connections that ssh makes on the tunnel's host: to a unix socket by `fleetctl fd-forward`, else by itself."""

    def __init__(self, call: Invocation, endpoint: Endpoint) -> None:
        """Raises SshError if ssh cannot be tried."""
        if isinstance(endpoint.address, str):
            forward = openssh.quoted(["fleetctl", "fd-forward", endpoint.address])
            self._command = [*openssh.to_tunnel(call), "--", forward]
        else:
            host, port = endpoint.address
            self._command = openssh.to_tunnel(call, "-W", f"[{host}]:{port}")
        self._running: list[subprocess.Popen[bytes]] = []
        call.debug(" ".join(self._command))

    def dial(self) -> socket.socket:
        """A connection. Whether the other end can be reached is seen when nothing comes back: ssh says why."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                end = theirs.fileno()
                ssh = subprocess.Popen(self._command, stdin=end, stdout=end, env=openssh.environment())
            except OSError:
                ours.close()
                raise
        self._running.append(ssh)
        ours.settimeout(SILENCE)
        return ours

    def close(self) -> None:
        """Waits until ssh has ended, which it does when its connection is closed; it may have something to say yet."""
        for process in self._running:
            try:
                process.wait(_LAST_WORDS)
            except subprocess.TimeoutExpired:
                process.terminate()
                process.wait()
        self._running.clear()
