"""Placement: no unit on two machines, but on one that nobody could tell."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, groupby

from cluster.checkers.spans import Span, spans
from cluster.checkers.verdict import Complaint, Verdict
from cluster.history import History, Unit


@dataclass(frozen=True)
class Run:
    """A unit ran on a machine; `stop` is None while it still does."""

    unit: str
    machine: str
    start: float
    stop: float | None = None

    def shared_with(self, other: Run) -> float:
        """Return for how many seconds the two ran together."""
        end = min(self.stop or float("inf"), other.stop or float("inf"))
        return max(0.0, end - max(self.start, other.start))


@dataclass(frozen=True)
class Absence:
    """A machine was cut off or frozen: nobody could tell it anything; `until` is None while it still is."""

    machine: str
    since: float
    until: float | None = None

    def excuses(self, one: Run, two: Run, settled: float) -> bool:
        """Whether one of them was on this machine before it went, the other one took over, and both ended soon enough.

        What begins on the machine while it is away, or after its return, takes over nothing: no time excuses it.
        """
        if self.machine not in (one.machine, two.machine):
            return False
        left, new = (one, two) if one.machine == self.machine else (two, one)
        over = min(one.stop or float("inf"), two.stop or float("inf"))
        return left.start <= self.since <= new.start and (self.until is None or over <= self.until + settled)


def runs_in(history: History) -> list[Run]:
    """Return when the units of the run's labels ran: also until their machine's power was cut, by the faults."""
    found: list[Run] = []
    began: dict[tuple[str, str], float] = {}
    for entry in history.of(Unit):
        key = entry.machine, entry.unit
        if not entry.unit.startswith(tuple(history.header.labels)):
            continue
        if entry.state in ("starting", "active"):
            began.setdefault(key, entry.at)
        elif entry.state in ("inactive", "failed") and key in began:
            found.append(Run(entry.unit, entry.machine, began.pop(key), entry.at))
    found += [Run(unit, machine, at) for (machine, unit), at in began.items()]
    off = [(machine, span) for span in spans(history) if span.takes_power for machine in span.on(history)]
    return sorted((_cut(run, off) for run in found), key=lambda run: run.start)


def absences_in(history: History) -> list[Absence]:
    """Return when nobody could tell a machine what others had taken over, by the faults."""
    silent = [span for span in spans(history) if span.silences]
    return [Absence(machine, one.since, one.until) for one in silent for machine in one.on(history)]


def never_on_two_machines(
    runs: Sequence[Run], absences: Sequence[Absence] = (), settled: float = 0.0, moved: Collection[str] = ()
) -> Verdict:
    """No unit ran on two machines at once, but on one that was cut off or frozen, and there until shortly after.

    `settled` is how many seconds after its return a machine may go on with what others have taken over meanwhile.
    Units that have `moved` must have been seen on two machines, one after the other: else nothing was observed.
    """
    complaints = []
    for one, two in _together(runs):
        if not any(absence.excuses(one, two, settled) for absence in absences):
            since, both = max(one.start, two.start), one.shared_with(two)
            words = f"{one.unit} ran on {one.machine} and {two.machine} together for {both:.1f} s"
            complaints.append(Complaint(words, since, since + both))
    seen = all(len({run.machine for run in runs if run.unit == unit}) > 1 for unit in moved)
    return Verdict("no unit on two machines", len(runs) if seen else 0, tuple(complaints))


def _together(runs: Sequence[Run]) -> Iterator[tuple[Run, Run]]:
    """Yield each two runs of one unit that were at the same time on two machines."""
    ordered = sorted(runs, key=lambda run: (run.unit, run.start))
    for _, same in groupby(ordered, key=lambda run: run.unit):
        for one, two in combinations(same, 2):
            if one.machine != two.machine and one.shared_with(two):
                yield one, two


def _cut(run: Run, off: Sequence[tuple[str, Span]]) -> Run:
    """Return the run as ended by the first fault after its start that took its machine's power.

    Of a reboot it is known that it bites only when the machine is back: what began before that has not ended by it.
    """
    ends = [span.bit or span.since for machine, span in off if machine == run.machine and span.since > run.start]
    stop = min([*ends, float("inf") if run.stop is None else run.stop])
    return replace(run, stop=None if stop == float("inf") else stop)
