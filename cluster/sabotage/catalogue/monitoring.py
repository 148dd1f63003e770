"""Sabotages of: nodes are monitored; a new node is given only the hosts that are active at that moment."""

from __future__ import annotations

from cluster.sabotage.catalogue.parts import DISCOVERY, MAIN, patched
from cluster.sabotage.sabotage import Red, Sabotage, Setting

FILE = "e2e/test_monitoring.py"
DEAD = f"{FILE}::test_the_host_and_the_hold_of_a_dead_node_expire_and_its_successor_is_given_only_the_live_hosts"
LONELY = f"{FILE}::test_a_node_that_stays_without_a_master_is_restarted"

MONITORED = "nodes are monitored"
LIVE = "a new node is given only the hosts that are active at that moment"

SABOTAGES = (
    Sabotage(
        "a-host-that-does-not-expire",
        MONITORED,
        (Setting("HOST_TTL", "600"),),
        (Red(DEAD, "for: its host has left discovery"),),
    ),
    Sabotage(
        "a-hold-that-does-not-expire",
        MONITORED,
        (Setting("LEASE_TTL", "600"),),
        (Red(DEAD, "for: its hold has expired"),),
    ),
    Sabotage(
        "a-node-that-is-given-all-machines",
        LIVE,
        (patched(MAIN, "from toolkit import hosts", "hosts.Hosts.live = lambda self: {}"),),
        (Red(DEAD, "its successor was given"),),
    ),
    Sabotage(
        "a-watchdog-that-sleeps",
        MONITORED,
        (
            patched(
                DISCOVERY,
                "from toolkit import watchdog",
                "watchdog.Watchdog.look_at_an_open_node = lambda self: None",
            ),
        ),
        (Red(LONELY, "must be restarted: no master for"),),
    ),
)
