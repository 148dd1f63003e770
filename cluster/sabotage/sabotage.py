"""One sabotage, as data: what is broken, which tests must turn red at it and what they must say, and which must not."""

from __future__ import annotations

from dataclasses import dataclass

from cluster.outcome import HISTORY


@dataclass(frozen=True)
class Edit:
    """A change of a unit's text: `old`, which stands in it exactly once, becomes `new`."""

    unit: str
    """The file's name in units/."""
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.unit}: {self.old!r} becomes {self.new!r}"


@dataclass(frozen=True)
class Setting:
    """A setting of the units, as an operator makes it for all machines: in etcd."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.name}={self.value}"


@dataclass(frozen=True)
class Command:
    """A shell command on machines before the tests, and the one that takes it back; both must succeed.

    `undo` succeeds also where `do` was not done, or only half: so it is run on all of the machines, whatever happened.
    """

    do: str
    undo: str
    machines: tuple[int, ...] = ()
    """The numbers of the machines, from 1; none means all."""

    def __str__(self) -> str:
        where = ", ".join(map(str, self.machines)) or "all"
        return f"on machines {where}: {self.do}"


Breakage = Edit | Setting | Command


@dataclass(frozen=True)
class Red:
    """A test that must fail, by its node id, and words of the message that it must fail with.

    Or a question at which the run's history must be red (`report.question`): the checkers, too, are to be seen failing.
    """

    test: str
    says: str
    setup: bool = False
    """Whether it fails before its body, which then proves nothing: only for what no deployment comes up with."""


@dataclass(frozen=True)
class Sabotage:
    """A promise, and something broken so that the promise is not kept."""

    name: str
    promise: str
    breaks: tuple[Breakage, ...]
    red: tuple[Red, ...]
    green: tuple[str, ...] = ()
    """Neighbours: tests that run with it, and that this sabotage must leave green. None where no node comes up."""
    patience: float = 1.0
    """What the waits' limits are multiplied with: less than 1 where a red test waits long for what never comes.

    Much less only where a deployment or a neighbour is green with it: otherwise a slow host turns red, too.
    """

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What is broken in the units' text."""
        return tuple(part for part in self.breaks if isinstance(part, Edit))

    @property
    def tests(self) -> tuple[str, ...]:
        """The node ids to run. The neighbours come first: a red test may leave a cluster that nobody else can use."""
        return (*self.green, *(red.test for red in self.red if not red.test.startswith(HISTORY)))
