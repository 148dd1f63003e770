"""Runs a schedule: healthy, under load, a fault, healed, healthy again, judged; and the next step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Protocol

from elasticsearch import ElasticsearchException

from cluster import history
from cluster.chaos.outcome import Outcome
from cluster.chaos.schedule import Planned, Schedule, Step
from cluster.errors import CommandFailed, InfraError
from cluster.faults import Fault, Order, Unavailable, injected, pass_over
from cluster.say import Say

FAILURES = (AssertionError, InfraError, CommandFailed, ElasticsearchException)
"""What a cluster that is not as it must be answers with; a mistake of ours is none, and ends the campaign."""


@dataclass(frozen=True)
class Judgement:
    """What is new in the verdicts since the last step: what is red, and which documented limits were met."""

    red: tuple[str, ...] = ()
    known: tuple[str, ...] = ()


class Load(Protocol):
    """Clients at work."""

    def go_on(self, until: float) -> None:
        """Return when the load has gone on for so many seconds; raises where it does not go on at all."""


class Ground(Protocol):
    """What a campaign needs of a cluster; the fast tests have one in memory."""

    def gate(self, when: str) -> None:
        """Return when all is healthy, or raise; `when` tells the phase in the message."""

    def fault(self, order: Order) -> Fault:
        """Return the fault that an order names, on this cluster, as it is now."""

    def may_overlap(self, orders: Sequence[Order]) -> bool:
        """Whether the cluster is promised to survive these together."""

    def load(self, step: Step) -> AbstractContextManager[Load]:
        """Have clients at work inside the block; after it, what they were told has been read back."""

    def judge(self, step: Step) -> Judgement:
        """Judge all that has happened so far, and return what is new in it."""

    def renew(self) -> None:
        """Make the cluster anew where it is not healthy any more, for the next step."""


@dataclass
class Campaign:
    """A schedule on a ground. Stops at the first red step unless it is to keep going."""

    ground: Ground
    say: Say
    keep_going: bool = False
    limit: float = float("inf")
    """Seconds after which no further step begins."""
    hold_at: int | None = None
    """The step whose faults stay in force until `pause` returns."""
    pause: Callable[[Step], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic

    def outcomes(self, schedule: Schedule) -> Iterator[Outcome]:
        """Yield what each step brings, in turn; also of one that a mistake of ours ended, before that is raised."""
        began = self.clock()
        for step in schedule.steps:
            if self.clock() - began > self.limit:
                self.say(f"the time is over; steps {step.number} to {schedule.steps[-1].number} are not begun")
                return
            outcome, mistake = self._outcome(step)
            yield outcome
            if mistake is not None:
                raise mistake
            if outcome.red and not self.keep_going:
                return
            if outcome.red:
                self.ground.renew()

    def _outcome(self, step: Step) -> tuple[Outcome, Exception | None]:
        began = self.clock()
        self.say(f"step {step.number}: {step}")
        faults: list[tuple[Planned, Fault]] = []
        skipped: list[tuple[Planned, str]] = []
        failure = self._failure(step, faults, skipped)
        judged, unjudged = self._judgement(step) if faults or failure else (Judgement(), None)
        tried = tuple(planned for planned, _ in faults if planned not in [one for one, _ in skipped])
        red = (*([_words(failure)] if failure else []), *judged.red)
        mistake = next((one for one in (failure, unjudged) if one and not isinstance(one, FAILURES)), None)
        return Outcome(step, tried, tuple(skipped), red, judged.known, self.clock() - began), mistake

    def _failure(
        self, step: Step, faults: list[tuple[Planned, Fault]], skipped: list[tuple[Planned, str]]
    ) -> Exception | None:
        """Run a step and note what was tried and what was not; return what failed, nothing where nothing did."""
        try:
            with history.phase(f"campaign-step-{step.number}"):
                self._run(step, faults, skipped)
        except Exception as error:
            return error
        return None

    def _run(self, step: Step, faults: list[tuple[Planned, Fault]], skipped: list[tuple[Planned, str]]) -> None:
        self.ground.gate(f"before step {step.number}")
        for planned in step.faults:
            self._sort(planned, faults, skipped)
        if faults:
            with self.ground.load(step) as load:
                self._break(step, faults, skipped, load)
                self.ground.gate(f"after step {step.number}")

    def _sort(self, planned: Planned, faults: list[tuple[Planned, Fault]], skipped: list[tuple[Planned, str]]) -> None:
        """Add a fault to those of the step, or to those that cannot be had here and now, with the reason.

        A unit's machine is known only now: it may be the one that another fault of the step hits.
        """
        fault = self.ground.fault(planned.order)
        why = fault.unavailable()
        if not why and not self.ground.may_overlap([*(one.order for _, one in faults), fault.order]):
            why = f"{fault.order} would hit what another fault of the step does"
        if why:
            pass_over(fault, why)
            self._skip(planned, why, skipped)
        else:
            faults.append((planned, fault))

    def _skip(self, planned: Planned, why: str, skipped: list[tuple[Planned, str]]) -> None:
        self.say(f"not tried: {planned.order}: {why}")
        skipped.append((planned, why))

    def _break(
        self, step: Step, faults: Sequence[tuple[Planned, Fault]], skipped: list[tuple[Planned, str]], load: Load
    ) -> None:
        """Inject and heal each fault at its time; whatever happens, all are healed at the end."""
        with ExitStack() as all_healed:
            healers = [all_healed.enter_context(ExitStack()) for _ in faults]
            for at, heals, number in _moments([planned for planned, _ in faults]):
                planned, fault = faults[number]
                if planned in [one for one, _ in skipped] or (heals and step.number == self.hold_at):
                    continue
                load.go_on(at)
                self.say(f"{'healing' if heals else 'injecting'} {fault.order}")
                if heals:
                    healers[number].close()
                    continue
                try:
                    healers[number].enter_context(injected(fault))
                except Unavailable as error:  # what another fault of the step has done to it
                    self._skip(planned, str(error), skipped)
            if step.number == self.hold_at:
                self.pause(step)

    def _judgement(self, step: Step) -> tuple[Judgement, Exception | None]:
        try:
            return self.ground.judge(step), None
        except Exception as error:
            return Judgement(red=(f"not judged: {_words(error)}",)), error


def _words(error: Exception) -> str:
    """Return what failed; of a mistake of ours also of which kind it is."""
    name, said = type(error).__name__, str(error)
    return said if said and isinstance(error, FAILURES) else f"{name}: {said}" if said else name


def _moments(faults: Sequence[Planned]) -> list[tuple[float, bool, int]]:
    """Return when which of the faults begins (False) and ends (True), in order; what begins at a moment comes first."""
    begins = [(fault.after, False, number) for number, fault in enumerate(faults)]
    return sorted([*begins, *((fault.until, True, number) for number, fault in enumerate(faults))])
