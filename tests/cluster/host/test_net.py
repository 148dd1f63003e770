"""Whose addresses are whose."""

from __future__ import annotations

from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from cluster.host.engine import DockerNetwork
from cluster.host.net import CHOICES, Use, free, network_of, parse_routes, takers, uses

TABLE = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
tun0\t00000080\t010200C0\t0003\t0\t0\t0\t00000080\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
br-66e82eecc9ca\t0039A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""


def test_routes_are_read_and_those_to_everywhere_are_left_out() -> None:
    assert parse_routes(TABLE) == [
        ("docker0", IPv4Network("172.17.0.0/16")),
        ("br-66e82eecc9ca", IPv4Network("192.168.57.0/24")),
    ]


def test_the_clusters_own_network_is_no_obstacle_and_another_is_named() -> None:
    own = DockerNetwork("esfleet", "br-1", (IPv4Network("198.51.100.0/24"),), "esfleet")
    other = DockerNetwork("two", "br-2", (IPv4Network("203.0.113.0/24"),), "two")
    found = uses("esfleet", [own, other], engine_answers=True)
    assert takers("198.51.100", found) == []
    assert takers("203.0.113", found) == ["docker network two of cluster two (203.0.113.0/24)"]


def test_this_hosts_own_addresses_are_in_use() -> None:
    assert takers("127.0.0", uses("esfleet", [], engine_answers=True)) == ["interface lo (127.0.0.0/8)"]


@given(st.sets(st.sampled_from(CHOICES)))
def test_a_choice_is_free_or_has_a_taker(taken: set[str]) -> None:
    known = [Use(subnet, network_of(subnet)) for subnet in taken]
    assert set(free(known)) == set(CHOICES) - taken
    assert all(takers(subnet, known) for subnet in taken)
