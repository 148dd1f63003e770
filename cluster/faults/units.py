"""Bad things done to units of the fleet, by the fleet itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.eventually import eventually
from cluster.faults.fault import Fault, injected
from cluster.faults.order import Order
from cluster.fleet import Fleet

UP = ("active", "deactivating")
"""systemd's words for a unit that still runs."""

STOPS = 60.0
"""Seconds that a unit may need to stop: as long as docker lets Elasticsearch end by itself."""


class StopUnit(Fault):
    """A unit is told to stop, as an operator does; healed, it is wanted again: its start is not waited for."""

    def __init__(self, fleet: Fleet, unit: str) -> None:
        self.order = Order("stop-unit", unit)
        self._fleet, self._unit = fleet, unit

    def inject(self) -> None:
        """Stop it."""
        self._fleet.ctl("stop %s", self._unit)

    def bites(self) -> None:
        """See that it is active nowhere: `fleetctl stop` returns when systemd was asked."""
        eventually(f"{self._unit} has stopped", lambda: not self._fleet.machines_of(self._unit, *UP), STOPS)

    def heal(self) -> None:
        """Want it again."""
        self._fleet.ctl("start --no-block %s", self._unit)

    def healed(self) -> None:
        """See that a machine was chosen for it."""
        assert self._unit in self._fleet.targets(), f"{self._unit} is not there"


class DestroySidekick(Fault):
    """A sidekick is destroyed; healed, its main unit is stopped and it is loaded again, in that order.

    systemd starts a sidekick together with its main unit, so a main unit that runs already would not get it.
    """

    def __init__(self, fleet: Fleet, sidekick: str, of: str) -> None:
        self.order = Order("destroy-sidekick", sidekick, {"of": of})
        self._fleet, self._sidekick, self._of = fleet, sidekick, of

    def inject(self) -> None:
        """Destroy it."""
        self._fleet.ctl("destroy %s", self._sidekick)

    def bites(self) -> None:
        """See that it is not there."""
        assert self._sidekick not in self._fleet.targets(), f"{self._sidekick} is still there"

    def heal(self) -> None:
        """Stop the main unit and load the sidekick, where it is not there."""
        if self._sidekick not in self._fleet.targets():
            self._fleet.ctl("stop %s", self._of)
            self._fleet.ctl("load %s", self._sidekick)

    def healed(self) -> None:
        """See that it is there."""
        assert self._sidekick in self._fleet.targets(), f"{self._sidekick} is not there"


@contextmanager
def stopped(fleet: Fleet, unit: str) -> Iterator[None]:
    """Have a unit stopped at the beginning of the block; at its end it is wanted again. Inside, start it at will."""
    with injected(StopUnit(fleet, unit)):
        yield


@contextmanager
def destroyed(fleet: Fleet, sidekick: str, of: str) -> Iterator[None]:
    """Have a sidekick destroyed inside the block; then it is loaded again, its main unit stopped: see the class."""
    with injected(DestroySidekick(fleet, sidekick, of)):
        yield
