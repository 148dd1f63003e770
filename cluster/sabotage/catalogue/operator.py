"""Sabotages of: the README's commands bring the units up, and show what is going on."""

from __future__ import annotations

from cluster.sabotage.catalogue.parts import DISCOVERY, MAIN, fleet_patched
from cluster.sabotage.sabotage import Command, Edit, Red, Sabotage

FILE = "e2e/test_operator_sequence.py"
AGAIN = f"{FILE}::test_the_five_commands_on_a_running_cluster_bring_five_new_processes_up"
DEAD_MACHINE = f"{FILE}::test_the_five_commands_with_a_dead_machine_bring_five_nodes_up_on_the_others"
MACHINES = f"{FILE}::test_list_machines_shows_every_machine"
UNIT_FILES = f"{FILE}::test_list_unit_files_shows_templates_and_instances"
UNITS = f"{FILE}::test_list_units_shows_mains_and_sidekicks_at_work_each_beside_its_main"
JOURNAL = f"{FILE}::test_journal_follows_a_unit_of_another_machine"

SEQUENCE = "the five commands bring the units up, also where they run already"
SHOWN = "fleetctl shows what is going on"

ONE_DASH = f"{FILE}::test_a_flag_may_have_one_dash_as_the_readme_writes_it"

FOREIGN = "/home/core/foreign.service"

SABOTAGES = (
    Sabotage(
        "a-stop-that-stops-nothing",
        SEQUENCE,
        (
            Edit(MAIN, "docker run --rm", "docker run --sig-proxy=false --rm"),
            Edit(MAIN, "ExecStopPost=", "ExecStopPost=/bin/true "),
            Edit(MAIN, "ExecStartPre=", "ExecStartPre=/bin/true "),
        ),
        (Red(AGAIN, "isdisjoint of set"),),
        green=(MACHINES, UNIT_FILES, UNITS),
    ),
    Sabotage(
        "a-sidekick-elsewhere",
        SEQUENCE,
        (Edit(DISCOVERY, "MachineOf=elasticsearch_logging@%i.service", ""),),
        (Red(UNITS, "for: 5 nodes have joined"),),
        patience=0.8,
    ),
    Sabotage(
        "a-unit-that-is-not-ours",
        SHOWN,
        (
            Command(
                f"printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >{FOREIGN} && fleetctl start {FOREIGN}",
                "fleetctl destroy foreign.service",
                machines=(1,),
            ),
        ),
        (Red(UNIT_FILES, "foreign.service"), Red(UNITS, "foreign.service")),
        green=(MACHINES, JOURNAL),
    ),
    Sabotage(
        "a-silent-node",
        SHOWN,
        (Edit(MAIN, "[Service]\n", "[Service]\nStandardOutput=null\nStandardError=null\n"),),
        (Red(JOURNAL, "for: the journal tells of the new index"),),
        green=(MACHINES, UNIT_FILES, UNITS),
    ),
    Sabotage(
        "a-fleetctl-of-two-dashes",
        SEQUENCE,
        (
            fleet_patched(
                "fleetctl",
                "from fleet.ctl.flags import Flags",
                "take = Flags.take",
                "Flags.take = lambda self, word, words: take(self, word if word[1] == word[0] else chr(45) * 3, words)",
                machines=(1,),
            ),
        ),
        (Red(ONE_DASH, "unknown flag"),),  # no neighbours: the README's commands have such flags, nothing is deployed
    ),
    Sabotage(
        "a-machine-that-is-not-listed",
        SHOWN,
        (
            fleet_patched(
                "fleetctl",
                "from fleet.ctl.client import Client",
                "machines = Client.machines",
                "Client.machines = lambda self: machines(self)[1:]",
                machines=(6,),
            ),
        ),
        (Red(MACHINES, "Right contains one more item"),),
        green=(JOURNAL,),
    ),
)
