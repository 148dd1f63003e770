"""The way from one call of fleetctl to fleetd: plain, through a tunnel, with TLS inside."""

from fleet.ctl.connection import Connection
from fleet.ctl.endpoint import Endpoint
from fleet.ctl.errors import CommandError
from fleet.ctl.invocation import Invocation


def connection(call: Invocation) -> Connection:
    """The connection that the call asks for, opened at the first request; raises ValueError if there can be none."""
    endpoint = Endpoint.parse(call.flags.text("endpoint").partition(",")[0])
    dial = endpoint.dial
    if call.flags.text("tunnel"):
        from fleet.ctl.tunnel import Tunnel

        try:
            tunnel = Tunnel(call, endpoint)
        except CommandError as problem:
            raise ValueError(str(problem)) from problem
        call.at_end(tunnel.close)
        dial = tunnel.dial
    if endpoint.is_secure:
        from fleet.ctl import tls

        dial = tls.inside(dial, endpoint.address[0], tls.context(call))
    return Connection(endpoint, dial, call.debug)
