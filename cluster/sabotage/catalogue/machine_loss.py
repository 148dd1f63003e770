"""Sabotages of: when a machine goes down, its services are restarted on other machines, and nothing is lost."""

from __future__ import annotations

from cluster.sabotage.catalogue.operator import DEAD_MACHINE
from cluster.sabotage.catalogue.parts import fleet_set
from cluster.sabotage.sabotage import Red, Sabotage, Setting

FILE = "e2e/test_machine_loss.py"
DIES = f"{FILE}::test_an_instance_moves_when_its_machine_dies_and_nothing_is_lost"

ELSEWHERE = "when a machine goes down, its services are restarted on other machines"

SABOTAGES = (
    Sabotage(
        "fleet-without-failover",
        ELSEWHERE,
        (fleet_set("FLEET_AGENT_TTL", "10m"),),
        (
            Red(DEAD_MACHINE, "for: fleet misses the machine"),
            Red(f"{DIES}[a plain machine]", "for: fleet misses the machine"),
        ),
        patience=0.5,
    ),
    Sabotage(
        "fewer-copies-than-promised",
        "no acknowledged document is lost",
        (Setting("REPLICAS", "1"),),
        (Red(f"{DIES}[the master's machine]", "assert 2 == 4"),),
    ),
)
