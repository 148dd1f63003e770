"""The command `cluster logs`: what the machines' journals say, also those of machines that are dead."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from cluster import commandline, settings
from cluster.commandline import check_machine, emit
from cluster.errors import InfraError
from cluster.faults.holding import until_told
from cluster.journals import Record, record_of
from cluster.progress import console

Wanted = Callable[[Record], bool]

LATER = 0.3
"""Seconds between two looks at the journals that are followed."""


def logs(
    machines: Annotated[list[str] | None, typer.Argument(metavar="[MACHINE…]", help="of these only")] = None,
    unit: Annotated[str, typer.Option("--unit", "-u", help="of this unit only, whichever machine it was on")] = "",
    since: Annotated[str, typer.Option("--since", metavar="5m", help="not older than this")] = "",
    grep: Annotated[str, typer.Option("--grep", "-g", metavar="REGEX", help="only lines that match")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on with what is new, until Ctrl-C")] = False,
    json: Annotated[bool, typer.Option("--json", help="one JSON object a line, for a script")] = False,
) -> None:
    """Show the journals of all machines in one order of time, as they were followed to the host: dead machines' too."""
    meant = settings.load()
    names = [check_machine(meant, name) for name in machines or meant.machine_names]
    paths = [meant.journals / f"{name}.jsonl" for name in names]
    if not any(path.exists() for path in paths):
        raise InfraError(f"{meant.name} has no journals; boot it: {commandline.again('up')}")
    after = time.time() - commandline.seconds(since) if since else 0.0
    wanted = matching(unit, after, pattern(grep))
    show = _json if json else _text
    with until_told() as told:
        tails = [Tail(path) for path in paths]
        for record in ordered(tails, wanted):
            show(record)
        while follow and not told.wait(LATER):
            for record in ordered(tails, wanted):
                show(record)


class Tail:
    """A journal's file that grows: each look gives what is new since the last one, in whole lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._last: Record | None = None

    def records(self) -> list[Record]:
        """Return the new records."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return list(self._new(whole.decode(errors="replace").splitlines()))

    def _new(self, lines: Sequence[str]) -> Iterator[Record]:
        """Give the records of lines; the one after a restart of who follows the journal may be there twice."""
        for line in lines:
            record = record_of(self._path.stem, line)
            if record is not None and record != self._last:
                self._last = record
                yield record


def pattern(text: str) -> re.Pattern[str]:
    """Return what lines must match; raises InfraError for what is no regular expression."""
    try:
        return re.compile(text)
    except re.error as error:
        raise InfraError(f"--grep {text}: {error}") from None


def matching(unit: str, after: float, text: re.Pattern[str]) -> Wanted:
    """Return what says of a record whether it is wanted; a unit may be named without `.service`."""
    names = {unit, f"{unit}.service"} if unit else set()
    return lambda one: one.at >= after and (not names or one.unit in names) and bool(text.search(one.message))


def ordered(tails: Sequence[Tail], wanted: Wanted) -> Iterator[Record]:
    """Give the new records of all machines that are wanted, in order of time."""
    found = (record for tail in tails for record in tail.records())
    return iter(sorted(filter(wanted, found), key=lambda record: record.at))


def _text(record: Record) -> None:
    console.print(str(record), soft_wrap=True)


def _json(record: Record) -> None:
    emit({"at": record.at, "machine": record.machine, "unit": record.unit, "message": record.message})
