"""Which addresses are in use on the host, and by whom."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import psutil

from cluster.host.engine import DockerNetwork

ROUTES = Path("/proc/net/route")
CHOICES = tuple(f"192.168.{octet}" for octet in range(57, 64))
"""Subnets that work with every provider."""
_DEFAULT_LIKE = 8
"""Routes with a shorter prefix than this are ways to everywhere (a VPN's halves of the world), not somebody's net."""


@dataclass(frozen=True)
class Use:
    """A network that is in use."""

    owner: str
    network: IPv4Network


def network_of(subnet: str) -> IPv4Network:
    """Return the /24 of a subnet given by three numbers."""
    return IPv4Network(f"{subnet}.0/24")


def takers(subnet: str, uses: Iterable[Use]) -> list[str]:
    """Return who uses addresses of the subnet, each once."""
    wanted = network_of(subnet)
    return sorted({f"{use.owner} ({use.network})" for use in uses if use.network.overlaps(wanted)})


def free(uses: Iterable[Use]) -> list[str]:
    """Return the choices that nobody uses."""
    known = list(uses)
    return [subnet for subnet in CHOICES if not takers(subnet, known)]


def uses(cluster: str, networks: Iterable[DockerNetwork], *, engine_answers: bool) -> list[Use]:
    """Return all networks in use but the cluster's own, which may be there from an earlier start."""
    found = []
    bridges = set()
    for network in networks:
        bridges.add(network.bridge)
        if network.name == cluster:
            continue
        owner = f"docker network {network.name}" + (f" of cluster {network.cluster}" if network.cluster else "")
        found += [Use(owner, subnet) for subnet in network.subnets]
    for interface, subnet in [*_addresses(), *parse_routes(ROUTES.read_text())]:
        # A bridge of docker's stays when the engine stops, and only the engine can say whose it is.
        if interface not in bridges and (engine_answers or not interface.startswith("br-")):
            found.append(Use(f"interface {interface}", subnet))
    return found


def parse_routes(table: str) -> list[tuple[str, IPv4Network]]:
    """Return interface and network of each route in the kernel's table (hexadecimal, least byte first)."""
    routes = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8:
            continue
        network = IPv4Network((_address(fields[1]), str(_address(fields[7]))))
        if network.prefixlen >= _DEFAULT_LIKE:
            routes.append((fields[0], network))
    return routes


def _addresses() -> list[tuple[str, IPv4Network]]:
    return [
        (name, IPv4Network((address.address, address.netmask or 32), strict=False))
        for name, addresses in psutil.net_if_addrs().items()
        for address in addresses
        if address.family == socket.AF_INET
    ]


def _address(hexadecimal: str) -> IPv4Address:
    return IPv4Address(int.from_bytes(bytes.fromhex(hexadecimal), "little"))
