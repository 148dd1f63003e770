"""Who this machine is: its id, its address, its host name."""

import os
import socket
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path

from fleet.daemon.config import Config

MACHINE_ID_FILE = Path("/etc/machine-id")
_ROUTES = Path("/proc/net/route")


class NoIdentity(RuntimeError):
    """The machine has no id; fleetd refuses to start."""


@dataclass(frozen=True, slots=True)
class Identity:
    """This machine, and this run of fleetd on it (`instance`), which tells two machines of one id apart."""

    id: str
    ip: str
    hostname: str
    instance: str = field(default_factory=lambda: uuid.uuid4().hex)

    def at(self, ip: str) -> "Identity":
        """The same machine and run of fleetd, at another address."""
        return replace(self, ip=ip)

    @classmethod
    def read(cls, config: Config, file: Path = MACHINE_ID_FILE) -> "Identity":
        """The identity by /etc/machine-id and the configuration; raises NoIdentity."""
        machine_id = file.read_text(encoding="ascii").strip() if file.is_file() else ""
        if not machine_id:
            raise NoIdentity(f"{file} is missing or empty: a machine needs an id")
        return cls(machine_id, config.public_ip or default_address(), socket.gethostname())


def default_address() -> str:
    """The IPv4 address by which the default route leaves; empty without such a route. No packet is sent."""
    if not _has_default_route():
        return ""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1: the kernel picks the route's source address
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def _has_default_route() -> bool:
    if not os.access(_ROUTES, os.R_OK):
        return False
    return any(line.split()[1] == "00000000" for line in _ROUTES.read_text(encoding="ascii").splitlines()[1:])
