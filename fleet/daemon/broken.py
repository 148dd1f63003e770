"""Units that could not be loaded: let be until they are asked for again, have another text, or a while has passed."""

import asyncio
from collections.abc import Callable, Collection, Mapping

from fleet.daemon.entities import Unit


class Broken:
    """`units` are those that could not be loaded, as they were when that was tried."""

    def __init__(self, again: Callable[[], object]) -> None:
        self.units: dict[str, Unit] = {}
        self._due: set[str] = set()
        self._again = again

    @property
    def waiting(self) -> Collection[str]:
        """Those whose time to be tried again has not come."""
        return self.units.keys() - self._due

    def add(self, unit: Unit, seconds: float) -> None:
        """A unit could not be loaded, and is to be tried again after so long."""
        self._due.discard(unit.name)
        self.units[unit.name] = unit
        asyncio.get_running_loop().call_later(seconds, self._come_due, unit)

    def remove(self, name: str) -> bool:
        """A unit is broken no more; whether it was."""
        self._due.discard(name)
        return self.units.pop(name, None) is not None

    def outdated(self, wanted: Mapping[str, Unit]) -> list[str]:
        """Those that are another unit by now, are asked for again, or are not wanted any more."""

        def same(tried: Unit) -> bool:
            now = wanted.get(tried.name)
            return now is not None and (now.hash, now.request) == (tried.hash, tried.request)

        return [name for name, tried in self.units.items() if not same(tried)]

    def _come_due(self, unit: Unit) -> None:
        if self.units.get(unit.name) is unit:
            self._due.add(unit.name)
            self._again()
