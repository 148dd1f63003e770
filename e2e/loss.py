"""What the stories of lost machines have in common: how one is lost, what must follow, and what must never be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field

from cluster import bounds, marvelhistory
from cluster.bounds import Since
from cluster.checkers import Absence, never_on_two_machines, one_master
from cluster.cluster import Cluster
from cluster.containers import containers_on
from cluster.es import Es, Node
from cluster.eventually import eventually, scaled, steadily
from cluster.fleet import Fleet
from cluster.label import COPIES, INSTANCES, LABEL, main_unit, sidekicks
from cluster.machine import Machine
from cluster.say import Say
from cluster.site import Site
from cluster.survivors import Survivors
from cluster.workloads import Ledger, Writer

Fault = Callable[[Machine], AbstractContextManager[None]]


@dataclass
class Loss:
    """A machine that is lost now: its instance, those that are left, and what is written through them."""

    machine: Machine
    unit: str
    left: Survivors
    writer: Writer
    losses: Losses
    at: float
    before: float
    """It was lost between this moment and `at`, in seconds since the epoch."""
    node: Node
    """Its node, when it was lost."""
    was_master: bool
    since: Since = field(default_factory=Since)
    mended: float = float("inf")
    """When five nodes were green again, in seconds since the epoch."""
    new: Machine | None = None
    """Where the instance has moved to, once it has."""
    placed: dict[str, str | None] = field(default_factory=dict)
    """Which unit was given to which machine when the machine was about to return."""
    returned: float = float("inf")
    """When it was about to return, in seconds since the epoch."""

    def is_noticed(self) -> None:
        """fleet misses the machine, and the nodes theirs."""
        eventually("fleet misses the machine", self.left.miss_machines, self.since.within(bounds.MACHINE_MISSED))
        self.is_noticed_by_the_nodes()

    def is_noticed_by_the_nodes(self) -> None:
        """They miss the machine's node, there is one master, and writes go on."""
        left, within = self.left, self.since.within
        eventually("its node has left", left.miss_nodes, within(bounds.NODE_MISSED))
        eventually("those that are left have a master", left.have_a_master, within(bounds.ELECTED))
        self.writer.wait_acked(20, within(bounds.WRITTEN))

    def is_mended(self) -> None:
        """The instance is active on another machine, five nodes are green, and have every document."""
        self.new = eventually("the instance is elsewhere", self.moved, self.since.within(bounds.ELSEWHERE))
        self.is_noticed_by_the_nodes()
        self.losses.site.wait_joined(self.since.within(bounds.GREEN), self.left.es)
        self.mended = self.left.now()
        self.has_lost_nothing()
        eventually("one master", lambda: one_master(self.left.es.views(), len(INSTANCES)), within=10)

    def has_lost_nothing(self) -> None:
        """Each of four copies has every document that was acknowledged; writing ends."""
        self.losses.say(f"mended {self.since.seconds:.1f} s after {self.machine} fell silent")
        self.writer.stop()
        self.losses.nothing_is_lost(self.left.es)

    def moved(self) -> Machine | None:
        """Return the machine where the instance is active now."""
        machine = self.left.fleet.machine_of(self.unit)
        return None if machine == self.machine else machine


class Losses:
    """The machines that a story loses, one after another or together, with one ledger over all of it."""

    def __init__(self, site: Site, ledger: Ledger, say: Say) -> None:
        self.site, self.say = site, say
        self._cluster, self._ledger = site.cluster, ledger
        self._began = site.cluster.machines[0].now()
        self._lost: list[Loss] = []
        self._over: list[Loss] = []

    @contextmanager
    def silent(self, fault: Fault, machine: Machine) -> Iterator[Loss]:
        """Have a machine fall silent inside the block; writing goes on through those that were there, and are left."""
        lost = [loss.machine for loss in self._lost]
        there = [one for one in self._cluster.machines if one not in lost]
        unit = Fleet(there).unit_on(machine, f"{LABEL}@")
        with closing(Survivors(self._cluster, *lost, machine)) as left:
            through, es = left.es.accepting(), self._cluster.es
            node, was_master = es.node_on(machine), machine == es.master()
            with self._ledger.reading(lambda: through), self._ledger.writing(lambda: through) as writer:
                writer.wait_acked(20)
                before = left.now()
                with fault(machine):
                    loss = Loss(machine, unit, left, writer, self, left.now(), before, node, was_master)
                    self.say(f"{machine} with {unit} is silent")
                    self._lost.append(loss)
                    yield loss
                    loss.placed, loss.returned = left.fleet.targets(), left.now()
        self._lost.remove(loss)
        self._over.append(loss)

    def nothing_is_lost(self, through: Es | None = None) -> None:
        """Each of four copies has every acknowledged document."""
        nothing_is_lost(self._ledger, self.say, through)

    def nothing_moves_back(self) -> None:
        """The last machine is listed again, and rid of what it had; what has moved stays where it is."""
        fleet, machine, placed = self._cluster.fleet, self._over[-1].machine, self._over[-1].placed
        assert placed
        eventually(f"{machine} is listed again", lambda: machine in fleet.machines(), bounds.LISTED)
        eventually(f"no old container is on {machine}", lambda: not containers_on(machine), within=20)
        steadily("nothing moves back", lambda: fleet.targets() == placed, during=bounds.STAYS)

    def what_they_ran_has_stopped(self) -> None:
        """By its own journal, each machine has stopped what it ran when it fell silent: the instance's three units."""
        assert self._over
        for loss in self._over:
            eventually(f"{loss.machine} tells that {loss.unit} has stopped", lambda: self._ended(loss), within=20)  # noqa: B023

    def marvels_history_tells(self) -> None:
        """Marvel's history tells what was lost and mended, as it was seen here."""
        mended = [
            marvelhistory.Loss(
                loss.before, loss.at, loss.node, loss.machine.address, loss.was_master, loss.new.address, loss.mended
            )
            for loss in self._over
            if loss.new is not None
        ]
        assert mended
        marvels_history_tells(self._cluster, self._began, mended, self.say)

    def no_unit_ran_twice(self) -> None:
        """By all journals no unit was on two machines, but on one that was silent, until shortly after its return."""
        self.what_they_ran_has_stopped()
        moved = [loss for loss in self._over if loss.new is not None]
        assert moved
        for loss in moved:
            eventually(f"{loss.new} tells that {loss.unit} ran there", lambda: self._came(loss), within=20)  # noqa: B023
            assert self._told_to_stop(loss) < loss.returned + bounds.HEALED + scaled(bounds.TOLD)
        absences = [Absence(loss.machine.name, loss.at, loss.returned + bounds.HEALED) for loss in self._over]
        no_unit_ran_twice(self._cluster, self._began, absences, [loss.unit for loss in moved])

    def _ended(self, loss: Loss) -> bool:
        journal = self._cluster.journals().of(loss.machine.name)
        ran = [[run for run in journal.runs(unit) if run.start < loss.at] for unit in three_units(loss.unit)]
        return all(runs and all(run.stop is not None for run in runs) for runs in ran)

    def _told_to_stop(self, loss: Loss) -> float:
        """Return when the first of the three was: systemd stops them in order."""
        journal = self._cluster.journals().of(loss.machine.name)
        return min(at for unit in three_units(loss.unit) for at in journal.told_to_stop(unit, loss.at))

    def _came(self, loss: Loss) -> bool:
        runs = self._cluster.journals().of(str(loss.new)).runs(loss.unit)
        return any(run.start > loss.at for run in runs)


def three_units(unit: str) -> list[str]:
    """Return a main unit and its two sidekicks, which share its machine."""
    number = next(number for number in INSTANCES if main_unit(number) == unit)
    return [unit, *sidekicks(number)]


def nothing_is_lost(ledger: Ledger, say: Say, through: Es | None = None) -> None:
    """Each of four copies has every acknowledged document; asked through all nodes, or through those."""
    read = ledger.read_back(through=through)
    say(str(read))
    assert read.acked
    assert read.copies == COPIES
    assert read.missing == {}


def marvels_history_tells(cluster: Cluster, began: float, losses: Sequence[marvelhistory.Loss], say: Say) -> None:
    """Marvel's history tells each loss as the suite has seen it; and no node that was there all the time has a hole."""
    there = [node for node in cluster.es.nodes() if node.started < began]
    assert there

    def complaints(history: Sequence[marvelhistory.Told]) -> Iterator[str]:
        for loss in losses:
            yield from loss.complaints(history)
        yield from marvelhistory.holes(history, [node.name for node in there], began, losses[-1].mended)

    marvelhistory.tells(cluster.es, began, complaints, cluster.settings, say)


def no_unit_ran_twice(
    cluster: Cluster, since: float, absences: Sequence[Absence] = (), moved: Collection[str] = ()
) -> None:
    """By all journals, no unit was on two machines at once; see never_on_two_machines."""
    runs = [run for run in cluster.journals().runs(since=since) if run.unit.startswith(LABEL)]
    assert never_on_two_machines(runs, absences, scaled(bounds.SETTLED), moved)
