"""The report and the summary on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cluster import settings
from cluster.errors import InfraError
from cluster.history import HistoryError, files
from cluster.report.drawing import draw, draw_run
from cluster.report.summary import summary as summary_of

Where = Annotated[
    Path | None, typer.Argument(metavar="[DIR|FILE]", help="a run's folder or a history; else the newest run")
]


def report(where: Where = None) -> None:
    """Draw the report of a run from its history, and print where it is."""
    where = where or newest(settings.load().work / "evidence")
    troubles: list[str] = []
    try:
        pages = [draw(where)] if where.is_file() else draw_run(where, troubles.append)
    except (HistoryError, OSError) as error:
        raise InfraError(f"no report: {error}") from error
    for page in pages:
        typer.echo(page)
    if troubles:
        raise InfraError(f"no report: {'; '.join(troubles)}")
    if not pages:
        raise InfraError(f"{where} has no history")


def summary(where: Where = None) -> None:
    """Print what became of a run, in Markdown: verdicts, the first failure's reason, the slowest tests, artefacts."""
    where = where or newest(settings.load().work / "evidence")
    typer.echo(summary_of(where.parent if where.is_file() else where))


def newest(evidence: Path) -> Path:
    """Return the folder of the run whose history was written last; raises InfraError where there is none."""
    histories = [path for run in evidence.glob("*/") for path in files(run)]
    if not histories:
        raise InfraError(f"no run in {evidence} has a history")
    return max(histories, key=lambda path: path.stat().st_mtime).parent
