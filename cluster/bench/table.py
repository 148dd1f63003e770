"""The table of a benchmark: medians, what they lie between, what they were before, and how far they are to reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cluster.bench.figures import FIGURES, UPSTREAM, Figure
from cluster.bench.result import Result

ROW = "{:<49}{:>9}  {:>15}{:>9}{:>8}{:>9}"
NOISE = 0.05
"""The part of a figure below which a change is none."""


def lines(now: Result, formers: Sequence[Result], figures: Sequence[Figure] = FIGURES) -> Iterator[str]:
    """Give the table, a line for each figure that was measured; a `!` marks a median beyond its reach.

    `formers` are to be compared with, the newest first. Each figure is, with the first one that has it: the last
    result may be of some phases only.
    """
    yield ROW.format("", "median", "min - max", "before", "change", "reach").rstrip()
    medians, used = now.medians, []
    for figure in figures:
        if figure.name in medians:
            before = next((former for former in formers if figure.name in former.medians), None)
            used += [before] if before else []
            was = before.medians[figure.name] if before else None
            yield _row(figure, now.figures[figure.name], medians[figure.name], was)
    if any(figure.phase == "scale" and figure.name in medians for figure in figures):
        yield from UPSTREAM
    runs = max((len(values) for values in now.figures.values()), default=0)
    yield f"runs: {runs}; {_where(now)}"
    compared = [former for former in formers if former in used]
    yield from (f"before: {former.at}; {_where(former)}" for former in compared)
    if any(former.host != now.host for former in compared):
        yield "they were measured on different hosts: the change says little"


def change(now: float, before: float | None) -> str:
    """Return by how many percent a figure has changed; nothing where it was not known or has hardly changed."""
    if not before:
        return ""
    part = now / before - 1
    return "=" if abs(part) < NOISE else f"{part:+.0%}"


def reach(figure: Figure, median: float) -> str:
    """Return how far a figure is to reach, with a `!` where it does not."""
    if figure.reach is None:
        return ""
    return f"{'! ' if median > figure.reach else ''}≤ {figure.reach:g}"


def _row(figure: Figure, values: Sequence[float], median: float, former: float | None) -> str:
    span = f"{_number(min(values))} - {_number(max(values))}"
    was = "" if former is None else _number(former)
    told = ROW.format(
        figure.name, f"{_number(median)} {figure.unit:<2}", span, was, change(median, former), reach(figure, median)
    )
    return told.rstrip()


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _where(result: Result) -> str:
    host = result.host
    place = f"{host.get('cores')} cores, {host.get('memory_mib')} MiB, {host.get('system')} {host.get('kernel')}"
    return f"{place}, commit {result.commit or 'unknown'}"
