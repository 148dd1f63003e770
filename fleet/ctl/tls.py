"""TLS between fleetctl and the endpoint. fleetd itself speaks none: it is for what somebody puts before its socket."""

import socket
import ssl
from collections.abc import Callable

from fleet.ctl.invocation import Invocation


def context(call: Invocation) -> ssl.SSLContext:
    """What `--ca-file`, `--cert-file` and `--key-file` ask for; raises ValueError or OSError if it cannot be had.

    As with fleet, nobody's certificate is checked if none of them is given.
    """
    authorities, certificate, key = (call.flags.text(name) for name in ("ca-file", "cert-file", "key-file"))
    if bool(certificate) != bool(key):
        raise ValueError("--cert-file and --key-file need each other")
    try:
        made = ssl.create_default_context(cafile=authorities or None)
        if certificate:
            made.load_cert_chain(certificate, key)
    except OSError as problem:
        files = " ".join(filter(None, (authorities, certificate, key)))
        raise ValueError(f"{files}: {problem.strerror or problem}") from problem
    if not authorities and not certificate:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def inside(dial: Callable[[], socket.socket], host: str, made: ssl.SSLContext) -> Callable[[], socket.socket]:
    """Makes connections with TLS inside; host is who the other end must prove to be."""

    def secured() -> socket.socket:
        plain = dial()
        try:
            return made.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    return secured
