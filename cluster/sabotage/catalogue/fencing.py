"""Sabotages of: with a fence, a machine that is cut off or frozen runs nothing that runs elsewhere."""

from __future__ import annotations

from cluster.sabotage.catalogue.parts import fleet_patched
from cluster.sabotage.sabotage import Red, Sabotage

FILE = "e2e/test_fencing.py"
STORY = f"{FILE}::test_a_machine_with_a_fence_runs_nothing_that_runs_elsewhere_but_for_a_moment_when_it_thaws"

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
        (Red(STORY, "together for"),),
    ),
)
