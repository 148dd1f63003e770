"""Everything that can be judged from a stored history alone: the same after the run, and years later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from cluster import bounds
from cluster.checkers import lease, placement, unheard
from cluster.checkers.books import Book, Fate, books_in
from cluster.checkers.documents import (
    acknowledged_documents_lost,
    copies_disagree,
    dirty_documents,
    some_copies_lost,
)
from cluster.checkers.known import KnownIssues
from cluster.checkers.lease import Start
from cluster.checkers.lives import lives
from cluster.checkers.logs import logs_as_allowed
from cluster.checkers.master import one_master_accepted
from cluster.checkers.replicas import replicas_as_meant
from cluster.checkers.spans import spans
from cluster.checkers.verdict import Verdict, together
from cluster.history import Health, History, Observer, lost, read
from cluster.leases import Hold


def judge(history: History, known: KnownIssues) -> list[Verdict]:
    """Return a verdict on each question, in an order that stays; pure: nothing is asked but the history.

    What only complains of documented limits is `known`; what was not observed, or not all the time, is unknown.
    """
    faults = spans(history)
    verdicts = [verdict.but(_blind(history, relied)) for verdict, relied in _verdicts(history)]
    return [*(known.turned(verdict, faults) for verdict in verdicts), known.up_to_date()]


def judge_now(told: Path, known: KnownIssues) -> list[Verdict]:
    """Judge the history that this process writes, as far as it is: blind, where a full disk did not take all of it.

    While the disk stays full, no line tells that: it is judged as if the line were there.
    """
    written, missed = read(told), lost()
    if missed:
        why = f"{missed} lines could not be written"
        full = Observer(at=written.ended, name="history", phase="failed", why=why)
        written = replace(written, entries=[*written.entries, full], lines=())
    return judge(written, known)


def conclude(told: Path, known: KnownIssues) -> list[Verdict]:
    """Judge the history that a run of tests writes, at its end; tell it the verdicts, and return them.

    Its tests choose what they do: a question of which there was nothing to be seen is none of such a run.
    """
    verdicts = [verdict for verdict in judge_now(told, known) if not verdict.is_unasked]
    for verdict in verdicts:
        verdict.tell()
    return verdicts


def _verdicts(history: History) -> Iterable[tuple[Verdict, str]]:
    """Yield each verdict with what begins the names of the observers that it relies on."""
    told, slow = books_in(history), history.header.factor
    for checker in (acknowledged_documents_lost, some_copies_lost, dirty_documents, copies_disagree, replicas_as_meant):
        yield checker(told), "operations"
    healths = history.of(Health)
    yield one_master_accepted(healths, _fates(told), bounds.NODE_MISSED * slow), "health"
    yield from _of_the_lease(history)
    absences, runs = placement.absences_in(history), [placement.runs_in(life) for life in lives(history)]
    placed = [placement.never_on_two_machines(one, absences, bounds.SETTLED * slow) for one in runs]
    yield together(placed[0].question, placed), "journal"
    yield logs_as_allowed(history), "journal"


def _of_the_lease(history: History) -> Iterable[tuple[Verdict, str]]:
    late = lease.heard_late(history)
    pairs = [pair for life in lives(history) for pair in _starts_and_holds(life)]
    parts = [
        ("etcd", [lease.never_two_holders(held) for _, held in pairs]),
        ("etcd", [lease.each_after_its_predecessor(held) for _, held in pairs]),
        ("etcd, journal, clocks", [lease.each_starts_holding(*pair, all_known=False, heard=late) for pair in pairs]),
    ]
    for relied, verdicts in parts:
        yield together(verdicts[0].question, verdicts), relied


def _starts_and_holds(life: History) -> list[tuple[list[Start], list[Hold]]]:
    """Return them for each label's lease, at least for one."""
    holds, starts = lease.holds_in(life), lease.starts_in(life)
    keys = sorted(holds.keys() | starts.keys()) or [lease.LOCKS]
    return [(starts.get(key, []), holds.get(key, [])) for key in keys]


def _fates(told: Iterable[Book]) -> list[Fate]:
    return [fate for book in told for fate in book.fates.values()]


def _blind(history: History, relied: str) -> str | None:
    """Say which of the observers that are relied on failed or heard nothing; the history itself is one of them."""
    names = (*relied.split(", "), "history")
    failed = [one for one in history.of(Observer) if one.phase == "failed" and one.name.startswith(names)]
    told = [f"{one.name} saw nothing after {one.at:.1f}: {one.why}" for one in failed]
    told += unheard.of(history, relied)
    if history.cut > 1:  # one is the last line of a killed run
        told.append(f"{history.cut} lines of the history are not whole")
    return "; ".join(told) or None
