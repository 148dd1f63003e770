"""The cluster that the sabotages are put on: booted once, broken and mended in turn, made anew where it must be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from cluster import ownership
from cluster.cluster import Cluster
from cluster.deploy import LABEL
from cluster.errors import CommandFailed, InfraError
from cluster.eventually import eventually
from cluster.sabotage import slate, units
from cluster.sabotage.sabotage import Breakage, Command, Sabotage, Setting
from cluster.say import Say
from cluster.settings import Settings
from cluster.site import Site

MENDED = 60.0
"""Seconds that the machines may need to be healthy again once a sabotage is taken back."""


class Stage:
    """One cluster, and what is broken on it at the moment.

    It is held while it is changed only: the tests that run on it hold it themselves, as those of every session do.
    """

    def __init__(self, settings: Settings, say: Say) -> None:
        self.settings = settings
        self._say = say
        self._site = Site(settings, say)

    @property
    def run(self) -> Path:
        """Where this run keeps what a person may want to read; made when there is some."""
        return self._site.run

    @contextmanager
    def up(self, reuse: bool = False) -> Iterator[None]:
        """Have the cluster up inside the block; it is removed after it, whatever happens inside, unless it was found.

        Raises HostNotReady where a person's cluster of this name runs; `reuse` takes it.
        """
        with self._held():
            self._site.prepare(reuse)
        try:
            with self._held():
                self._site.up()
                self._site.disconnect()
            yield
        finally:
            with self._held():
                self._site.end(keep=False)

    @contextmanager
    def broken(self, sabotage: Sabotage) -> Iterator[str]:
        """Have a sabotage in force inside the block; give the folder of the units that are to be deployed with it."""
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
            with self._changed() as cluster:
                eventually("the machines are healthy", cluster.is_healthy, MENDED, context=cluster.trouble_text)
                slate.clean(cluster)
        except (AssertionError, InfraError, CommandFailed) as error:
            self._say(str(error))
            with self._held():
                self._site.rebuild()
                self._site.disconnect()

    def _break(self, cluster: Cluster, part: Breakage, undo: ExitStack) -> None:
        if isinstance(part, Setting):
            cluster.etcd.put(f"/config/{LABEL}/{part.name}", part.value)
        elif isinstance(part, Command):
            undo.callback(self._run, part.undo, part.machines)
            _run(cluster, part.do, part.machines)

    def _run(self, command: str, machines: tuple[int, ...]) -> None:
        with self._changed() as cluster:
            _run(cluster, command, machines)

    @contextmanager
    def _changed(self) -> Iterator[Cluster]:
        with self._held():
            try:
                yield self._site.cluster
            finally:
                self._site.cluster.disconnect()

    def _held(self) -> AbstractContextManager[None]:
        return ownership.held(self.settings, "a sabotage run", self._say)


def _run(cluster: Cluster, command: str, machines: tuple[int, ...]) -> None:
    for machine in [cluster.machines[number - 1] for number in machines] or cluster.machines:
        machine.run(command)
