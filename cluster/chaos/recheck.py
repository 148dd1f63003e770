"""The command `cluster recheck`: a stored run is judged again, without a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from cluster import history
from cluster.checkers import KnownIssues, Verdict, judge
from cluster.errors import InfraError
from cluster.history import History, HistoryError
from cluster.progress import console


def recheck(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="the folder of a run, or one history")],
) -> None:
    """Judge a stored run again, by today's checkers and known issues; exit 1 if one question is not answered well.

    Nothing but the history is read: neither a cluster nor docker is needed. What a run of tests did not ask, since
    there was nothing to be seen of it, is not asked again.
    """
    good = True
    for path in histories(folder):
        verdicts = asked(read(path))
        console.print("\n".join([f"{path.name}:", *lines(verdicts)]), soft_wrap=True)
        good = good and not any(verdict.is_bad for verdict in verdicts)
    raise typer.Exit(0 if good else 1)


def asked(told: History) -> list[Verdict]:
    """Return today's verdicts on what the run itself was judged by, if it was, and on all that can be seen of it."""
    before = {verdict.question for verdict in told.of(history.VerdictGiven)}
    verdicts = judge(told, KnownIssues.load())
    return [verdict for verdict in verdicts if not (before and verdict.is_unasked and verdict.question not in before)]


def histories(folder: Path) -> list[Path]:
    """Return the histories of a run; raises InfraError where there is none."""
    found = history.files(folder) if folder.is_dir() else [folder]
    if not found:
        raise InfraError(f"{folder} has no history.jsonl: it is not the folder of a run")
    return found


def read(path: Path) -> History:
    """Return a history; raises InfraError for a file that is none."""
    try:
        return history.read(path)
    except (HistoryError, OSError) as error:
        raise InfraError(str(error)) from error


def lines(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Give a line for each verdict, what is bad last, where it is read; each complaint below its verdict."""
    for verdict in sorted(verdicts, key=lambda verdict: verdict.is_bad):
        of = f" ({verdict.issue})" if verdict.status == "known" else ""
        yield f"  {verdict.status:<8} {verdict.question}{of}, {verdict.observed} observed"
        yield from (f"             {complaint}" for complaint in verdict.complaints)
        if verdict.blind:
            yield f"             {verdict.blind}"
