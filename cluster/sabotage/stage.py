"""The cluster that the sabotages are put on: booted once, broken and mended in turn, made anew where it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from cluster import ownership
from cluster.cluster import Cluster
from cluster.errors import CommandFailed, InfraError
from cluster.eventually import eventually
from cluster.label import LABEL
from cluster.sabotage import slate, units
from cluster.sabotage.sabotage import Breakage, Command, Sabotage, Setting
from cluster.say import Say
from cluster.settings import Settings
from cluster.site import Site

MENDED = 60.0
"""Seconds that the machines may need to be healthy again once a sabotage is taken back."""

FAILURES = (AssertionError, InfraError, CommandFailed)
"""What a cluster that is not healthy answers with; mistakes of ours are none."""


class Stage:
    """One cluster, and what is broken on it at the moment.

    It is held from the boot to the removal, and lent to the tests that run on it.
    """

    def __init__(self, settings: Settings, say: Say) -> None:
        self.settings = settings
        self._say = say
        self._site = Site(settings, say)
        self._is_spoilt = False

    @property
    def run(self) -> Path:
        """Where this run keeps what a person may want to read; made when there is some."""
        return self._site.run

    @contextmanager
    def up(self, reuse: bool = False) -> Iterator[None]:
        """Have the cluster up inside the block; it is removed after it, whatever happens inside, unless it was found.

        Raises HostNotReady where a person's cluster of this name runs; `reuse` takes it, and leaves it without units.
        """
        with ownership.held(self.settings, "a sabotage run", self._say):
            self._site.prepare(reuse)
            try:
                self._site.up()
                self._site.disconnect()
                try:
                    yield
                finally:
                    if self._site.is_found:
                        self.mend()
            finally:
                self._site.end(keep=False)

    @contextmanager
    def broken(self, sabotage: Sabotage) -> Iterator[str]:
        """Have a sabotage in force inside the block; give the folder of the units that are to be deployed with it.

        What cannot be taken back after it is told, and the next `mend` makes the cluster anew: a verdict stands.
        """
        folder = units.write(self.settings, sabotage.edits)
        undo = ExitStack()
        with undo:
            with self._changed() as cluster:
                for part in sabotage.breaks:
                    self._break(cluster, part, undo)
            yield folder

    def mend(self) -> None:
        """Return when the cluster is as it was after its boot; where it does not become so, it is made anew."""
        try:
            if self._is_spoilt:
                raise InfraError("what was broken could not be taken back")
            with self._changed() as cluster:
                eventually("the machines are healthy", cluster.is_healthy, MENDED, context=cluster.trouble_text)
                slate.clean(cluster)
        except FAILURES as error:
            self._say(str(error))
            self._site.rebuild()
            self._site.disconnect()
            self._is_spoilt = False

    def _break(self, cluster: Cluster, part: Breakage, undo: ExitStack) -> None:
        if isinstance(part, Setting):
            key = f"/config/{LABEL}/{part.name}"
            undo.callback(self._undo, lambda cluster: [lambda: cluster.etcd.delete(key)])
            cluster.etcd.put(key, part.value)
        elif isinstance(part, Command):
            undo.callback(self._undo, lambda cluster: _runs(cluster, part.undo, part.machines))
            for run in _runs(cluster, part.do, part.machines):
                run()

    def _undo(self, steps: Callable[[Cluster], list[Callable[[], object]]]) -> None:
        """Take every step, also after one that fails: no machine stays broken because another one does not answer."""
        try:
            with self._changed() as cluster:
                for step in steps(cluster):
                    try:
                        step()
                    except FAILURES as error:
                        self._spoilt(error)
        except FAILURES as error:
            self._spoilt(error)

    def _spoilt(self, error: Exception) -> None:
        self._is_spoilt = True
        self._say(f"not taken back: {error}")

    @contextmanager
    def _changed(self) -> Iterator[Cluster]:
        try:
            yield self._site.cluster
        finally:
            self._site.cluster.disconnect()


def _runs(cluster: Cluster, command: str, machines: tuple[int, ...]) -> list[Callable[[], object]]:
    chosen = [cluster.machines[number - 1] for number in machines] or cluster.machines
    return [partial(machine.run, command) for machine in chosen]
