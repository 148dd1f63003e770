"""Units that come from a machine that lives: they begin here when they have ended there, so that none runs twice."""

import logging
from collections.abc import Callable, Collection, Mapping

from fleet.daemon.entities import Unit
from fleet.daemon.mirror import Mirror
from fleet.daemon.snapshot import Snapshot
from fleet.model.states import DOWN

log = logging.getLogger(__name__)


class Moving:
    """Knows which units to wait for, and calls `look` whenever a machine has said more while there are any."""

    def __init__(self, machine_id: str, mirror: Mirror, look: Callable[[], object]) -> None:
        self._machine_id = machine_id
        self._mirror = mirror
        self._look = look
        self._awaited: frozenset[str] = frozenset()
        mirror.listen(self._states_changed)

    def awaited(self, wanted: Mapping[str, Unit], held: Collection[str]) -> frozenset[str]:
        """The units that this machine shall have, does not have yet, and another one has still to stop.

        Global units run on every machine, and wait for none.
        """
        coming = {name for name in wanted.keys() - held if not wanted[name].is_global}
        awaited = still_elsewhere(self._mirror.snapshot, self._machine_id, coming)
        for name in sorted(awaited - self._awaited):
            log.info("agent: %s waits until another machine has stopped it", name)
        self._awaited = awaited
        return awaited

    def _states_changed(self) -> None:
        if self._awaited:
            self._look()


def still_elsewhere(snapshot: Snapshot, machine_id: str, names: Collection[str]) -> frozenset[str]:
    """Those of the units that are not down on another machine; one that is gone keeps nobody waiting."""
    return frozenset(
        state.name
        for state in (snapshot.states.values() if names else ())
        if state.name in names
        and state.machine != machine_id
        and state.machine in snapshot.machines
        and state.active not in DOWN
    )
