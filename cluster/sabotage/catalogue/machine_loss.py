"""Sabotages of: when a machine goes down, its services are restarted on other machines, and nothing is lost."""

from __future__ import annotations

from cluster.sabotage.catalogue.operator import DEAD_MACHINE
from cluster.sabotage.catalogue.parts import fleet_set
from cluster.sabotage.sabotage import Red, Sabotage, Setting

FILE = "e2e/test_machine_loss.py"
DIES = f"{FILE}::test_an_instance_moves_when_its_machine_dies_and_nothing_is_lost"

SILENT = "e2e/test_silent_machine_loss.py"
FREEZES = f"{SILENT}::test_an_instance_moves_when_its_machine_freezes_and_the_page_says_which_node_is_silent"
CUT_OFF = f"{SILENT}::test_a_second_machine_is_cut_off_after_the_first_has_returned_and_nothing_is_lost"
TWO = "e2e/test_two_machines_lost.py::"
TWO += "test_four_nodes_are_green_and_the_fifth_instance_waits_while_two_machines_are_gone"
HALTED = "e2e/test_whole_cluster_halted.py::test_a_halted_cluster_comes_back_with_its_data"

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
        (
            Red(f"{DIES}[the master's machine]", "assert 2 == 4"),
            *(Red(test, "assert 2 == 4") for test in (FREEZES, CUT_OFF, TWO, HALTED)),
        ),
    ),
)
