"""Sabotages of: a service that fails is restarted on its machine."""

from __future__ import annotations

from cluster.sabotage.catalogue.parts import DISCOVERY, LEASE, MAIN
from cluster.sabotage.sabotage import Edit, Red, Sabotage

FILE = "e2e/test_service_restart.py"
KILLED = f"{FILE}::test_a_killed_process_is_back_on_its_machine_with_its_data"

REMOVED = f"{FILE}::test_a_node_whose_container_is_removed_and_cannot_be_started_for_a_while_is_back_with_its_data"
OUTLIVES = f"{FILE}::test_a_node_outlives_its_sidekicks_and_they_come_back_beside_it"

RESTARTED = "a service that fails is restarted on its machine"

SABOTAGES = (
    Sabotage(
        "no-restart",
        RESTARTED,
        (Edit(MAIN, "Restart=always", "Restart=no"),),
        (Red(KILLED, "for: another process has joined"),),
        patience=0.4,
    ),
    Sabotage(
        "a-start-that-is-not-tried-again",
        RESTARTED,
        (Edit(MAIN, "Restart=always", "Restart=on-failure\nRestartPreventExitStatus=125 126 127"),),
        (Red(REMOVED, "for: three starts have failed"),),
        green=(KILLED,),
        patience=0.6,
    ),
    Sabotage(
        "a-sidekick-that-stops-its-main-unit",
        RESTARTED,
        (
            Edit(
                DISCOVERY, "TimeoutStopSec=20", "ExecStopPost=/usr/bin/docker stop -t 60 ${LABEL}-%i\nTimeoutStopSec=20"
            ),
        ),
        (Red(OUTLIVES, "the process of elasticsearch_logging-3 has ended"),),
    ),
    Sabotage(
        "a-discovery-that-stays-dead",
        RESTARTED,
        (Edit(DISCOVERY, "Restart=always", "Restart=no"),),
        (Red(OUTLIVES, "for: the discovery is beside its node"),),
    ),
    Sabotage(
        "a-lease-that-stays-dead",
        RESTARTED,
        (Edit(LEASE, "Restart=on-failure", "Restart=no"),),
        (Red(OUTLIVES, "for: another one waits"),),
    ),
    Sabotage(
        "data-that-ends-with-the-container",
        RESTARTED,
        (Edit(MAIN, "--volume=${DATA}:/data", "--volume=/data"),),
        (Red(KILLED, "for: 5 nodes are green"),),
        patience=0.4,
    ),
)
