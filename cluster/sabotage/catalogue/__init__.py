"""The catalogue: at least one sabotage for every file of promises, in the order in which they are tried."""

from __future__ import annotations

from cluster.sabotage.catalogue import (
    fencing,
    machine_loss,
    marvel,
    mistakes,
    monitoring,
    operator,
    replicas,
    restart,
    shared_folder,
    startup,
    two_clusters,
)

CATALOGUE = (
    *replicas.SABOTAGES,
    *marvel.SABOTAGES,
    *operator.SABOTAGES,
    *mistakes.SABOTAGES,
    *shared_folder.SABOTAGES,
    *two_clusters.SABOTAGES,
    *startup.SABOTAGES,
    *restart.SABOTAGES,
    *monitoring.SABOTAGES,
    *machine_loss.SABOTAGES,
    *fencing.SABOTAGES,
)

EXEMPT = {
    f"{operator.FILE}::test_the_five_commands_bring_five_nodes_up_on_a_fresh_cluster": (
        "wants a cluster that no session has found running, which is what sabotages run on; "
        "what it awaits, every other test awaits too, and all sabotages of the startup turn that red"
    ),
}
"""The tests that no sabotage turns red, each with the reason."""
