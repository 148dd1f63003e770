"""Sabotages of: a service that fails is restarted on its machine."""

from __future__ import annotations

from cluster.sabotage.catalogue.parts import MAIN
from cluster.sabotage.sabotage import Edit, Red, Sabotage

FILE = "e2e/test_service_restart.py"
KILLED = f"{FILE}::test_a_killed_process_is_back_on_its_machine_with_its_data"

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
        "data-that-ends-with-the-container",
        RESTARTED,
        (Edit(MAIN, "--volume=${DATA}:/data", "--volume=/data"),),
        (Red(KILLED, "for: five nodes are green"),),
        patience=0.4,
    ),
)
