"""All observers of one cluster: one for each node, for the journals, and for the clocks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from cluster import history
from cluster.checkers import unheard
from cluster.cluster import Cluster
from cluster.eventually import TimedOut, eventually
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
        self._journals: dict[str, tuple[JournalLook, Observer]] = {}
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
            self._journals[name] = followed, self._observers[-1]

    def catch_up(self) -> None:
        """Return when those who tell what has happened have told all that there was until now.

        Each machine that answers writes a sign into its journal: what was before that is told when that is seen. Where
        it is not, the journal is followed no more, and who looks at it gives up.
        """
        signs = {} if self._clocks is None else self._clocks.ask()
        with suppress(TimedOut):
            eventually("the machines' signs are in their journals", lambda: not self._unseen(signs), unheard.LATE)
        for look, observer in self._unseen(signs):
            observer.give_up(f"{signs[look.machine]} was not seen in {unheard.LATE:.0f} s: nobody follows it any more")

    def _unseen(self, signs: Mapping[str, str]) -> list[tuple[JournalLook, Observer]]:
        """Return, after another look of all of them, the journals in which a sign is not."""
        for observer in self._observers:
            observer.catch_up()
        return [self._journals[name] for name, sign in signs.items() if sign not in self._journals[name][0].signs]

    def stop(self) -> None:
        """End them all; returns when each has told what it saw last."""
        if self._clocks is None or not self._observers:
            return
        self.catch_up()
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
