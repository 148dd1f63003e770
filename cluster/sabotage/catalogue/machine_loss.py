"""Sabotages of: when a machine goes down, its services are restarted on other machines, and nothing is lost."""

from __future__ import annotations

from cluster.sabotage.catalogue.operator import DEAD_MACHINE
from cluster.sabotage.catalogue.parts import MAIN, fleet_patched, fleet_set
from cluster.sabotage.report import question
from cluster.sabotage.sabotage import Edit, Red, Sabotage, Setting

FILE = "e2e/test_machine_loss.py"
DIES = f"{FILE}::test_an_instance_moves_when_its_machine_dies_and_nothing_is_lost"

SILENT = "e2e/test_silent_machine_loss.py"
FREEZES = f"{SILENT}::test_an_instance_moves_when_its_machine_freezes_and_the_page_says_which_node_is_silent"
CUT_OFF = f"{SILENT}::test_a_second_machine_is_cut_off_after_the_first_has_returned_and_nothing_is_lost"
TWO = "e2e/test_two_machines_lost.py::"
TWO += "test_four_nodes_are_green_and_the_fifth_instance_waits_while_two_machines_are_gone"
HALTED = "e2e/test_whole_cluster_halted.py::test_a_halted_cluster_comes_back_with_its_data"

ELSEWHERE = "when a machine goes down, its services are restarted on other machines"

SILENCE = "a machine that falls silent is missed like a dead one"
APART = "one node of a cluster a machine: copies on one machine would be lost together"
QUORUM = "a majority of the nodes must agree on a master"

SABOTAGES = (
    Sabotage(
        "fleet-without-failover",
        ELSEWHERE,
        (fleet_set("FLEET_AGENT_TTL", "10m"),),
        (
            Red(DEAD_MACHINE, "for: fleet misses the machine"),
            Red(f"{DIES}[a plain machine]", "for: fleet misses the machine"),
            Red(CUT_OFF, "for: the instance is elsewhere"),
        ),
        patience=0.5,
    ),
    Sabotage(
        "fewer-copies-than-promised",
        "no acknowledged document is lost",
        (Setting("REPLICAS", "1"),),
        (
            Red(f"{DIES}[the master's machine]", "assert 2 == 4"),
            Red(question("as many replicas as meant, each on another machine"), "machine: failed"),
        ),
    ),
    Sabotage(
        "a-frozen-node-that-is-never-missed",
        SILENCE,
        (Setting("ES_OPTS", "-Des.discovery.zen.fd.ping_retries=1000"),),
        (Red(FREEZES, "for: its node has left"),),
    ),
    Sabotage(
        "a-machine-that-keeps-what-has-moved",
        "a machine that was away stops what has moved",
        (
            fleet_patched(
                "fleetd",
                "from fleet.daemon import agent",
                "plan = agent.plan",
                "mine = lambda wanted, held: {name: have for name, have in held.items() if name in wanted}",
                "agent.plan = lambda wanted, held, **more: plan(wanted, mine(wanted, held), **more)",
            ),
        ),
        (Red(FREEZES, "no old container is on core-"),),
    ),
    Sabotage(
        "data-that-does-not-outlive-a-halt",
        "a whole cluster that was halted comes back with its data",
        (Edit(MAIN, "--volume=${DATA}:/data", "--volume=/data"),),
        (Red(HALTED, "every copy of ledger-"),),
    ),
    Sabotage(
        "no-conflicts",
        APART,
        (Edit(MAIN, "Conflicts=%p@*.service", ""),),
        (Red(TWO, "[('launched', 'inactive', None)]"),),
        green=("e2e/test_replicas.py::test_each_shard_has_four_copies_on_four_machines",),
    ),
    Sabotage(
        "no-quorum",
        QUORUM,
        (Setting("ES_OPTS", "-Des.discovery.zen.minimum_master_nodes=1"),),
        (Red(HALTED, "for: the page shows that there is no master"),),
        green=("e2e/test_sequential_startup.py::test_all_nodes_end_in_one_cluster_with_one_master",),
    ),
)
