"""What a tired reader is told first: what failed, why, when, and what was being done to the cluster at that time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cluster.history import Phase, Test, VerdictGiven
from cluster.report import course
from cluster.report.event import Event, Told, shortened
from cluster.report.windows import FAULTS, Window

ORDER = ("failed", "infra", "unknown", "unfinished", "known", "passed", "skipped")
"""Failed first; the host's trouble and what was not observed fail, too; what is known and what is good come last."""

WRONG = ORDER[:4]
INFRA = "infra: "
"""How a reason begins that says nothing about the units: the host, docker or the way to a machine failed."""

ROUND = 15.0
"""Seconds before and after that are shown with a moment."""

LINES = 8
"""How many of the lines that matter a finding names."""


@dataclass(frozen=True)
class Finding:
    """One answer. `at` to `until` is when it came about, as well as the history tells; `look` is its folder."""

    status: str
    title: str
    position: int
    at: float
    until: float
    reasons: tuple[str, ...] = ()
    about: str = ""
    observed: int | None = None
    issue: str = ""
    during: tuple[str, ...] = ()
    what: str = "check"

    @property
    def is_wrong(self) -> bool:
        """Whether the run is red for it."""
        return self.status in WRONG

    @property
    def reason(self) -> str:
        """Why, in one line."""
        return shortened(self.reasons[0]) if self.reasons else ""


class Findings:
    """The findings of a run, those that matter first."""

    def __init__(self, told: Told, windows: Sequence[Window], bars: Sequence[Event]) -> None:
        self._told, self._windows = told, [window for window in windows if window.was_tried]
        self._bars = [bar for bar in bars if bar.shape == "bar"]

    def all(self) -> list[Finding]:
        """Return them in order: failed, unknown, unfinished, known, passed; within these, by time."""
        found = [*self._verdicts(), *self._tests(), *self._phases(), *self._faults()]
        found = [replace(one, during=self._during(one)) for one in _without_repeats(found)]
        return sorted(found, key=lambda one: (ORDER.index(one.status), one.what != "check", one.until))

    def _verdicts(self) -> Iterator[Finding]:
        for position, one in self._told.of(VerdictGiven):
            status = one.status if one.status in ORDER else "unknown"
            reasons = tuple(str(line) for line in one.complaints)
            if status == "unknown" and not reasons:
                reasons = ("nothing was there to be judged: what was not observed is not proved",)
            at, until = self._span(one.at, one.about)
            if one.since is not None:  # the checker knows better
                at, until = one.since, one.since if one.until is None else one.until
            yield Finding(
                status, one.question, position, at, until, reasons, one.about or "", one.observed, one.issue or ""
            )

    def _tests(self) -> Iterator[Finding]:
        ends = {one.test: (position, one) for position, one in self._told.of(Test) if one.phase == "end"}
        for position, one in ends.values():  # of several ends the last: it failed after it had passed
            status = one.outcome if one.outcome in ORDER else "unknown"
            status = "infra" if (one.why or "").startswith(INFRA) else status
            at, until = self._span(one.at, one.test)
            reasons = self._why(one)
            yield Finding(status, course.title(one.test), position, at, until, reasons, one.test, what="test")
        yield from self._unfinished("test")

    def _why(self, one: Test) -> tuple[str, ...]:
        """Return why a test failed: what its line says, or else the checks about it that failed."""
        if one.why:
            return tuple(one.why.replace(r"\n", "\n").splitlines())  # pytest escapes the lines of what it compares
        checks = [verdict for _, verdict in self._told.of(VerdictGiven) if verdict.about == one.test]
        wrong = [check for check in checks if check.status in WRONG]
        return tuple(f"{check.question}: {check.status}" for check in wrong)

    def _phases(self) -> Iterator[Finding]:
        for position, one in self._told.of(Phase):
            if one.phase == "failed":
                at, until = self._span(one.at, one.name)
                reasons = tuple((one.why or "no reason was given").splitlines())
                yield Finding("failed", f"{one.name} failed", position, at, until, reasons, one.name, what="phase")
        yield from self._unfinished("phase")

    def _unfinished(self, what: str) -> Iterator[Finding]:
        for bar in self._bars:
            if bar.tone == "unknown" and bar.text.startswith(what):
                reasons = ("the history ends here: the run was killed, or it is still going on",)
                about = bar.text.removeprefix(f"{what} ").partition(": ")[0]
                title = f"{bar.short} was not finished"
                yield Finding("unfinished", title, bar.lines[0], bar.at, bar.until or bar.at, reasons, about, what=what)

    def _faults(self) -> Iterator[Finding]:
        for window in self._windows:
            if window.tone == "bad":
                title = f"the fault {window.name} went wrong"
                why = (window.why or "it did not bite, or did not heal",)
                yield Finding("failed", title, window.lines[-1], window.at, window.until, why, what="fault")

    def _span(self, at: float, about: str | None) -> tuple[float, float]:
        """Return when it came about: during the test or step that it is about; else since the last fault."""
        for bar in self._bars:
            if about and bar.until is not None and bar.at <= at <= bar.until + ROUND and self._is_of(bar, about):
                return bar.at, min(bar.until, at)
        last = [window for window in self._windows if window.at <= at]
        return (last[-1].at, at) if last else (at, at)

    @staticmethod
    def _is_of(bar: Event, about: str) -> bool:
        name = bar.text.partition(" ")[2]
        return name.startswith((f"{about}: ", f"campaign-{about.replace(' ', '-')}: "))

    def _during(self, one: Finding) -> tuple[str, ...]:
        overlapping = (window for window in self._windows if window.at <= one.until and window.until >= one.at)
        return tuple(dict.fromkeys(window.name for window in overlapping))


def _without_repeats(found: Sequence[Finding]) -> list[Finding]:
    """Leave out what is told of the whole run, and was told before of a test or a step, word by word."""
    told: dict[str, set[str]] = defaultdict(set)
    for one in found:
        if one.what == "check" and one.about and one.is_wrong:
            told[one.title] |= set(one.reasons)
    return [
        one
        for one in found
        if one.about or one.what != "check" or not one.reasons or set(one.reasons) - told[one.title]
    ]


def headline(findings: Sequence[Finding], windows: Sequence[Window]) -> tuple[str, str]:
    """Return the run in one word and in one sentence."""
    counts = {status: sum(one.status == status for one in findings) for status in ORDER}
    wrong = [f"{counts[status]} {status}" for status in WRONG if counts[status]]
    tried = sum(window.was_tried for window in windows)
    faults = f" under {tried} fault{'s' * (tried != 1)}" if tried else ""
    if wrong:
        good = [f"{counts['passed']} passed"] if counts["passed"] else []
        return "failed", f"{', '.join(wrong + good)}{faults}"
    if not counts["passed"]:
        return "unknown", "Nothing was checked in this run, so it proves nothing"
    known = f", {counts['known']} known" if counts["known"] else ""
    return "passed", f"All {counts['passed']} checks and tests passed{known}{faults}"


def matters(events: Sequence[Event], finding: Finding) -> list[Event]:
    """Return the lines to read for a finding, in order of time: the worst of what happened then, one of each kind."""
    since, until = finding.at - ROUND / 3, finding.until + ROUND / 3
    near = [event for event in events if event.weight > 1 and event.overlaps(since, until)]
    near = [event for event in near if event.at >= since or event.lane == FAULTS]
    seen: dict[tuple[str, str], Event] = {}
    for event in sorted(near, key=lambda event: (event.lane != FAULTS, -event.weight, event.at)):
        seen.setdefault((event.lane, event.tone), event)
    return sorted(list(seen.values())[:LINES], key=lambda event: event.at)


def all_as_data(findings: Sequence[Finding], events: Sequence[Event]) -> list[dict[str, Any]]:
    """Return them as the page has them; the lines that matter stand with the first that went wrong in their time."""
    seen: set[tuple[float, str]] = set()
    found = []
    for one in findings:
        lines = matters(events, one) if one.is_wrong and (one.at, one.about) not in seen else []
        if one.is_wrong:
            seen.add((one.at, one.about))
        found.append(as_data(one, lines))
    return found


def as_data(finding: Finding, lines: Sequence[Event]) -> dict[str, Any]:
    """Return one as the page has it."""
    data = {
        "status": finding.status,
        "what": finding.what,
        "title": finding.title,
        "line": finding.position,
        "at": finding.at,
        "until": finding.until,
        "reasons": finding.reasons[:100],
        "more": max(0, len(finding.reasons) - 100),
        "about": finding.about,
        "observed": finding.observed,
        "issue": finding.issue,
        "during": finding.during,
    }
    return data | {"matters": [[one.lines[0], one.at, one.tone, one.text] for one in lines]}
