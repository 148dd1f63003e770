"""A run in Markdown: for GitHub's page of a job, and for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from cluster.history import HistoryError, Test, files, read
from cluster.report.drawing import page_of
from cluster.report.event import shortened
from cluster.report.findings import Finding
from cluster.report.view import View, view

MOST = 12
"""How many findings are told; the report has them all."""

SLOWEST = 5


def summary(run: Path) -> str:
    """Return what became of a run, in Markdown. What a cluster wrote stands in code spans: it is no markup."""
    parts = [_part(path) for path in files(run)] or ["## No cluster\n\nThis run came to no cluster: it has no history."]
    return "\n".join([*parts, *_artefacts(run)]) + "\n"


def unready(trouble: str) -> str:
    """Return what is to be told of a session whose host was not ready for a cluster."""
    return f"## Red: infrastructure\n\nThe host is not ready, so nothing was tried: {code(trouble)}\n"


def code(text: str) -> str:
    """Return text as a code span that nothing in it can end, on one line of a table."""
    text = shortened(text, 300).replace("|", r"\|")
    fence = "`" * (1 + max((len(ticks) for ticks in re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}" if text else ""


def _part(history: Path) -> str:
    try:
        shown = view(read(history))
    except (HistoryError, OSError, UnicodeError) as error:
        return f"## Unknown\n\n{code(history.name)} cannot be read: {code(str(error))}"
    tone, sentence = shown.headline
    word = {"failed": "Red", "passed": "Green"}.get(tone, "Unknown")
    header = shown.told.header
    lines = [f"## {word}: {sentence}", "", " ".join(filter(None, [code(header.cluster), code(header.command)]))]
    return "\n".join([*lines, *_first(shown), *_table(shown.findings), *_slowest(shown)])


def _first(shown: View) -> Iterator[str]:
    one = shown.first_wrong
    if one is not None:
        yield ""
        yield f"**First failure:** {code(one.title)}" + (f" during {code(', '.join(one.during))}" if one.during else "")
        yield from (f"- {code(reason)}" for reason in one.reasons[:3])


def _table(found: Sequence[Finding]) -> Iterator[str]:
    wrong = [one for one in found if one.is_wrong or one.status == "known"]
    if not wrong:
        return
    yield from ("", "| verdict | of | why | about |", "| --- | --- | --- | --- |")
    for one in wrong[:MOST]:
        yield f"| {one.status} {one.what} | {code(one.title)} | {code(one.reason)} | {code(one.about)} |"
    if len(wrong) > MOST:
        yield f"\n{len(wrong) - MOST} more are in the report."


def _slowest(shown: View) -> Iterator[str]:
    begun: dict[str, float] = {}
    took: list[tuple[float, str]] = []
    for _, one in shown.told.of(Test):
        if one.phase == "begin":
            begun[one.test] = one.at
        elif one.test in begun:
            took.append((one.at - begun.pop(one.test), one.test))
    if took:
        yield from ("", "| seconds | slowest tests |", "| ---: | --- |")
        yield from (f"| {seconds:.1f} | {code(test)} |" for seconds, test in sorted(took, reverse=True)[:SLOWEST])


def _artefacts(run: Path) -> Iterable[str]:
    pages = [page for path in files(run) if (page := page_of(path)).exists()]
    names = [*(page.name for page in pages), *(path.name for path in sorted(run.glob("*.xml")))]
    return ["", f"Artefacts: {code(str(run))}" + (f" ({', '.join(code(name) for name in names)})" if names else "")]
