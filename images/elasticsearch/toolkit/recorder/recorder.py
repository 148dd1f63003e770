"""The recorder's process: one loop that waits for whatever comes first, and looks around four times a second."""

from __future__ import annotations

import select
import time
from pathlib import Path

from toolkit.etcd import Etcd
from toolkit.settings import Settings
from toolkit.stopping import Terminated

from .cluster import Cluster
from .delivery import Delivery
from .keys import Keys
from .keywatch import KeyWatch
from .line import Line
from .own import OwnNode
from .recoveries import Recoveries
from .retention import Retention
from .samples import Samples
from .spool import Spool
from .teller import Teller, now

TICK = 0.25
"""Seconds between two looks: small copies are rebuilt in half a second, and a status of that length is to be seen."""

PAUSED = 5.0
"""Seconds between two looks after which the recorder itself stood still."""

FAREWELL = 0.7
"""Seconds for a last delivery when the process is told to end."""

MEGABYTE = 1024 * 1024


class Recorder:
    """Records until `parent`, a descriptor, ends: that is how the discovery says that it is over."""

    def __init__(self, settings: Settings, folder: Path, parent: int) -> None:
        self._settings, self._parent = settings, parent
        self._spool = Spool(folder, settings.marvel_spool_mb * MEGABYTE)
        self._began_after = self._spool.written_last()
        self._teller = Teller(settings, self._spool)
        self._lines = [Line(settings.ip, settings.http_port) for _ in range(3)]
        watching, figures, posting = self._lines
        self._own = OwnNode(settings, self._teller, figures)
        self._cluster = Cluster(self._teller, watching, self._own.answered)
        self._recoveries = Recoveries(self._teller, figures, settings.node)
        self._samples = Samples(self._teller, figures, settings.node)
        self._delivery = Delivery(settings, self._teller, self._spool, posting)
        self._retention = Retention(settings, posting)
        lock = f"/locks/{settings.label}"
        hosts = f"/services/{settings.label}/hosts/"
        self._keywatch = KeyWatch(Etcd(settings.etcd), hosts, lock, own=hosts + settings.ip)
        self._keys = Keys(self._teller, lock)
        self._looked = time.monotonic()
        self._next = 0.0
        self._is_known = False

    def run(self) -> None:
        """Record until it is over, and then deliver what can be delivered at once."""
        self._begins()
        try:
            while not self._is_over(self._wait()):
                self._round()
        except Terminated:
            pass
        self._ends()

    def _begins(self) -> None:
        gap = None if self._began_after is None else max(0, now() - int(self._began_after * 1000))
        self._teller.event("recorder_started", self._settings.node, node=self._settings.node, duration_ms=gap)
        self._keywatch.start()

    def _wait(self) -> list[int]:
        awaited = [self._parent, *self._own.waits_for, *self._keywatch.waits_for]
        awaited += [descriptor for line in self._lines for descriptor in line.waits_for]
        return select.select(awaited, [], [], max(0.0, self._next - time.monotonic()))[0]

    def _is_over(self, ready: list[int]) -> bool:
        return self._parent in ready

    def _round(self) -> None:
        """Take what has come, and when it is time ask for more."""
        self._notice_a_pause()
        self._take()
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + TICK
            self._tick()
        self._teller.write()

    def _take(self) -> None:
        for line in self._lines:
            line.look()
        self._own.look()
        for heard in self._keywatch.heard():
            self._keys.hear(heard)
        self._see_whether_the_node_is_another()

    def _tick(self) -> None:
        self._own.tick()
        me = self._own.identity
        if me is None:
            return
        self._cluster.tick()
        self._recoveries.tick(me, self._cluster.started)
        self._samples.tick(me)
        self._post()

    def _post(self) -> None:
        state = self._cluster.state
        if state is None or not self._cluster.has_master or state.is_blocked:
            return
        self._delivery.tick(state)
        if self._cluster.is_master:
            self._retention.tick(state)

    def _see_whether_the_node_is_another(self) -> None:
        me = self._own.identity
        if me is not None and not self._is_known:
            self._cluster.begins(me, int((self._began_after or 0) * 1000))
        if me is None and self._is_known:
            for line in self._lines:
                line.close()
            self._cluster.ends()
            self._delivery.forget()
        self._is_known = me is not None

    def _notice_a_pause(self) -> None:
        moment = time.monotonic()
        paused, self._looked = moment - self._looked, moment
        if paused >= PAUSED:
            node = self._settings.node
            self._teller.event("recorder_paused", node, node=node, duration_ms=int(paused * 1000))

    def _ends(self) -> None:
        self._teller.event("recorder_stopped", self._settings.node, node=self._settings.node)
        self._teller.write()
        deadline = time.monotonic() + FAREWELL
        self._delivery.hurry()
        while self._own.identity is not None and time.monotonic() < deadline and not self._delivery.is_idle:
            self._post()
            descriptors = [descriptor for line in self._lines for descriptor in line.waits_for]
            select.select(descriptors, [], [], 0.05)
            self._take()
        self._teller.write()
