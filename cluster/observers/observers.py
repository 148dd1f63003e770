"""All observers of one cluster: one for each node, for the journals, and for the clocks."""

from __future__ import annotations

from cluster import history
from cluster.cluster import Cluster
from cluster.observers import clocks, health, journal
from cluster.observers.clocks import Clocks
from cluster.observers.health import HealthLook
from cluster.observers.journal import JournalLook
from cluster.observers.observer import Observer
from cluster.settings import Settings


class Observers:
    """They begin when they are made, where a history is open; without one there is nobody to tell."""

    def __init__(self, cluster: Cluster, *, found: bool = False) -> None:
        """Take the cluster; of one that was `found` running, the past is not told."""
        self._observers: list[Observer] = []
        self._clocks: Clocks | None = None
        if not history.is_open():
            return
        self._clocks = measured = Clocks(cluster.machines)
        self._observers.append(Observer("clocks", measured, clocks.EVERY, last=False))
        for name, address in cluster.settings.addresses.items():
            look = HealthLook(name, address)
            self._observers.append(Observer(f"health {name}", look, health.EVERY, look.close, last=False))
            followed = JournalLook(cluster.settings.journals / f"{name}.jsonl", measured, old=found)
            self._observers.append(Observer(f"journal {name}", followed, journal.EVERY, last=True))

    def catch_up(self) -> None:
        """Return when those who tell what has happened have told all that they can see by now."""
        for observer in self._observers:
            observer.catch_up()

    def stop(self) -> None:
        """End them all; returns when each has told what it saw last."""
        if self._clocks is not None:
            self._clocks.ended.set()
        for observer in self._observers:
            observer.ask_to_stop()
        for observer in self._observers:
            observer.stop()
        self._observers.clear()


def tell_journals(settings: Settings, since: float, *, found: bool = False) -> None:
    """Tell what the machines' journals have from that time of the run on: of a boot that failed, nobody followed them.

    By the machines' own clocks: who does not come up cannot be asked for its time. Of a `found` cluster, the past is
    not told. Trouble with it is told as that of an observer, and hides nothing.
    """
    if not history.is_open():
        return
    unasked = Clocks([])
    unasked()
    paths = [settings.journals / f"{name}.jsonl" for name in settings.addresses]
    looks = [JournalLook(path, unasked, old=found, since=since) for path in paths if path.exists()]
    for observer in [Observer(f"journal {look.machine}", look, journal.EVERY, last=True) for look in looks]:
        observer.stop()
