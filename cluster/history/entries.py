"""What a line of a history can be: one class a kind; `at` is in seconds since the run's base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of a history."""

    kind: ClassVar[str] = ""
    at: float


@dataclass(frozen=True, kw_only=True)
class Header(Entry):
    """The first line: what run this is. `epoch` is the wall time of the base; `machines` are addresses by name."""

    kind = "run"
    version: int = 1
    epoch: float
    run: str = ""
    cluster: str = ""
    command: str = ""
    seed: int | None = None
    machines: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    factor: float = 1.0
    """What every limit of the run is multiplied with: its host is that slow."""


@dataclass(frozen=True, kw_only=True)
class Operation(Entry):
    """A client's request, `f`, or what became of it: two lines with one `id`. `took` is in seconds, None at invoke.

    Phases: invoke, then ok, fail (certainly not done) or unknown (perhaps done). It went to the node on a machine; not
    each client knows both. What a read has found is in `found`, what all copies had in `value`: see checkers.books.
    """

    kind = "operation"
    id: int
    process: str
    f: str
    phase: str
    node: str | None = None
    machine: str | None = None
    index: str | None = None
    document: str | None = None
    took: float | None = None
    error: str | None = None
    found: bool | None = None
    value: Any = None


@dataclass(frozen=True, kw_only=True)
class Fault(Entry):
    """A phase of a fault: inject, bites, heal, healed, failed or unavailable. `fault` has its kind, target, options.

    `machines` are those that it hit, where the target does not name them: a leader is known when it is looked for.
    """

    kind = "fault"
    id: int
    fault: Mapping[str, Any]
    phase: str
    why: str | None = None
    machines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Unit(Entry):
    """A unit's state by its machine's journal: starting, active, stopping, inactive or failed."""

    kind = "unit"
    machine: str
    unit: str
    state: str


@dataclass(frozen=True, kw_only=True)
class Process(Entry):
    """An Elasticsearch process began, by its own first line in the journal: about 1 s after its exec."""

    kind = "process"
    machine: str
    node: str


@dataclass(frozen=True, kw_only=True)
class Mark(Entry):
    """A journal line that is worth seeing; its level is info, warning or error."""

    kind = "mark"
    machine: str
    unit: str
    text: str
    level: str = "info"


@dataclass(frozen=True, kw_only=True)
class Key(Entry):
    """A key of etcd was put, or was deleted: then its value is None."""

    kind = "key"
    key: str
    value: str | None
    revision: int


@dataclass(frozen=True, kw_only=True)
class Clock(Entry):
    """By how many seconds a machine's clock was ahead of the host's wall clock at the base plus `at`, give or take.

    `sign` is what it was asked to write into its journal with its answer, and says to have written: see Heard.
    """

    kind = "clock"
    machine: str
    offset: float
    uncertainty: float
    sign: str | None = None


@dataclass(frozen=True, kw_only=True)
class Heard(Entry):
    """Who follows a machine's journal saw a sign that the machine was asked for: so it sees what else is said."""

    kind = "heard"
    machine: str
    sign: str


@dataclass(frozen=True, kw_only=True)
class Health(Entry):
    """The cluster as one node sees it: green, yellow, red, no-master, or silent (the node did not answer)."""

    kind = "health"
    machine: str
    node: str | None = None
    status: str
    master: str | None = None
    nodes: int = 0
    version: int = 0
    shards: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Test(Entry):
    """A test began or ended; at its end, its outcome is passed, failed or skipped.

    Each phase that fails ends it: one whose cluster is not handed back healthy has ended before. `why` it failed.
    """

    __test__ = False  # for pytest, which looks for tests by that name
    kind = "test"
    test: str
    phase: str
    outcome: str | None = None
    why: str | None = None


@dataclass(frozen=True, kw_only=True)
class Phase(Entry):
    """A part of the run (up, deploy, gate, down, a step of a campaign) began, ended or failed."""

    kind = "phase"
    name: str
    phase: str
    why: str | None = None


@dataclass(frozen=True, kw_only=True)
class VerdictGiven(Entry):
    """A checker's answer to a question: passed, failed, unknown or known; `about` names a test or a step.

    `since` and `until` are when the first complaint came about, where that is known.
    """

    kind = "verdict"
    question: str
    status: str
    observed: int = 0
    complaints: tuple[str, ...] = ()
    issue: str | None = None
    about: str | None = None
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, kw_only=True)
class Observer(Entry):
    """Somebody began to fill the history, ended in an orderly way, or failed: then its kinds are told no more."""

    kind = "observer"
    name: str
    phase: str
    why: str | None = None


@dataclass(frozen=True, kw_only=True)
class Other(Entry):
    """A line of a kind that this version does not know."""

    kind = "other"
    fields: Mapping[str, Any]


KINDS: dict[str, type[Entry]] = {
    entry.kind: entry
    for entry in (
        Header,
        Operation,
        Fault,
        Unit,
        Process,
        Mark,
        Key,
        Clock,
        Heard,
        Health,
        Test,
        Phase,
        VerdictGiven,
        Observer,
    )
}
"""Each kind's class by the word in its lines."""
