"""Which hosts a starting node is given to look for its cluster."""

from __future__ import annotations

import time
from pathlib import Path

from .hosts import Hosts
from .journal import Repeated, say
from .machines import NoFleet, addresses
from .settings import Settings
from .stopping import pause

PATIENCE = 30.0
"""Seconds for a fleetd that is being restarted."""


def unicast_hosts(settings: Settings, hosts: Hosts) -> list[str]:
    """Return the hosts that are live now; if none is, but the label has been up before, all machines of the fleet.

    A label that has never been up has none: its first node is found by the others. After that an empty list would be
    dangerous. Elasticsearch reads it once, and a node that starts with none while its cluster is alive, but not in
    etcd, would never find it. So a fleet that does not answer is asked again, and NoFleet raised after PATIENCE; only
    on a machine without a fleet there is nobody to ask.
    """
    journal, deadline = Repeated(), time.monotonic() + PATIENCE
    while True:
        if live := {ip: address for ip, address in hosts.live().items() if ip != settings.ip}:
            return list(live.values())
        if not hosts.have_been_up():
            return []
        if not Path(settings.fleet_socket).is_socket():
            say(f"{settings.fleet_socket} is no socket: no fleet here; starting without a list of hosts")
            return []
        try:
            return [f"{ip}:{settings.transport_port}" for ip in addresses(settings.fleet_socket)]
        except NoFleet as error:
            if time.monotonic() >= deadline:
                raise
            journal.say(f"waiting for the list of machines: {error}")
            pause(1.0)
