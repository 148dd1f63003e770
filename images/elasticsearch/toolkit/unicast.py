"""Which hosts a starting node is given to look for its cluster."""

from __future__ import annotations

from .hosts import Hosts
from .journal import say
from .machines import NoFleet, addresses
from .settings import Settings


def unicast_hosts(settings: Settings, hosts: Hosts) -> list[str]:
    """Return the hosts that are live now; if none is, but the label has been up before, all machines of the fleet.

    A label that has never been up has none: its first node is found by the others. After that an empty list would be
    dangerous. Elasticsearch reads it once, and a node that starts with none while its cluster is alive, but not in
    etcd, would never find it.
    """
    live = {ip: address for ip, address in hosts.live().items() if ip != settings.ip}
    if live:
        return list(live.values())
    if not hosts.have_been_up():
        return []
    try:
        return [f"{ip}:{settings.transport_port}" for ip in addresses(settings.fleet_socket)]
    except NoFleet as error:
        say(f"{error}; starting without a list of hosts")
        return []
