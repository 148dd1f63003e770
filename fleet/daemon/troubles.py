"""What the agent could not do with its units, and until when it lets those be."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping

from fleet.daemon.broken import Broken
from fleet.daemon.entities import Unit
from fleet.daemon.mirror import Mirror
from fleet.daemon.moving import Moving

log = logging.getLogger(__name__)

TRY_AGAIN = 5.0  # seconds until a unit that could not be loaded, or not be unloaded, is tried again


class Troubles:
    """`errors` is what went wrong with a unit last, `broken` what could not be loaded; `look` is called in due time."""

    def __init__(self, machine_id: str, mirror: Mirror, look: Callable[[], object]) -> None:
        self.errors: dict[str, str] = {}
        self._look = look
        self._broken = Broken(look)
        self.broken = self._broken.units
        self._moving = Moving(machine_id, mirror, look)
        self._unstarted: set[str] = set()
        self._later: set[str] = set()

    @property
    def unloadable(self) -> Collection[str]:
        """Those that are not to be loaded now."""
        return self._broken.waiting

    def waiting(self, wanted: Mapping[str, Unit], held: Collection[str]) -> frozenset[str]:
        """Those to which nothing is done now: another machine has to stop them, or they do not stop here."""
        return self._moving.awaited(wanted, held) | self._later

    def over(self, name: str) -> None:
        """Something else is done with the unit now, or it is gone."""
        self._unstarted.discard(name)
        self.errors.pop(name, None)

    def not_loaded(self, unit: Unit, error: str) -> None:
        """It is tried again when it is asked for again, and after a while."""
        if self.errors.get(unit.name) != error:
            log.error("agent: %s cannot be loaded: %s", unit.name, error)
        self._broken.add(unit, TRY_AGAIN)
        self.errors[unit.name] = error

    def not_started(self, name: str, error: str, done: str) -> None:
        """It is tried again when something else is loaded."""
        self._failed(name, error, done)
        self._unstarted.add(name)

    def not_stopped(self, name: str, error: str) -> None:
        """It is tried again when it is asked for again."""
        self._failed(name, error, "stopped")

    def not_unloaded(self, name: str, error: str) -> None:
        """It is tried again after a while, whatever wakes the agent until then, its own stop jobs among it."""
        self._failed(name, error, "unloaded")
        self._later.add(name)
        asyncio.get_running_loop().call_later(TRY_AGAIN, self._unload_again, name)

    def loaded(self, name: str) -> None:
        """It is broken no more."""
        if self._broken.remove(name):
            self.errors.pop(name, None)

    def forget(self, wanted: Mapping[str, Unit]) -> bool:
        """Let those be tried that have another text, or are asked for again; whether there are any."""
        outdated = self._broken.outdated(wanted)
        for name in outdated:
            self.loaded(name)
        return bool(outdated)

    def startable(self, held: Collection[str]) -> list[str]:
        """What could not be started, and may now find the unit that it requires; each is told once."""
        unstarted, self._unstarted = self._unstarted, set()
        return sorted(unstarted.intersection(held))

    def _failed(self, name: str, error: str, done: str) -> None:
        log.error("agent: %s cannot be %s: %s", name, done, error)
        self.errors[name] = error

    def _unload_again(self, name: str) -> None:
        self._later.discard(name)
        self._look()
