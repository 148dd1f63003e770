"""Sabotages of: with a fence, a machine that is cut off or frozen runs nothing that runs elsewhere."""

from __future__ import annotations

from cluster.sabotage.catalogue.parts import fleet_patched
from cluster.sabotage.sabotage import Red, Sabotage

FILE = "e2e/test_fencing.py"
CUT_OFF = f"{FILE}::test_a_machine_that_is_cut_off_has_ended_its_units_before_they_start_elsewhere"
FROZEN = f"{FILE}::test_a_machine_that_was_frozen_ends_at_once_what_was_started_elsewhere"

SABOTAGES = (
    Sabotage(
        "a-fence-that-stops-nothing",
        "with fence: true at most one machine runs a unit, also while one is cut off",
        (
            fleet_patched(
                "fleet-fence",
                "from fleet.fence.force import Commands",
                "Commands.up = lambda self, names: []",
            ),
        ),
        (Red(CUT_OFF, "together for"), Red(FROZEN, "together for")),
    ),
)
