"""What a checker answers: passed, failed, unknown or known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cluster import history

BAD = ("failed", "unknown")
"""What makes a run red: it failed, or it was not seen."""


class Complaint(str):
    """What is wrong, in words; `since` and `until` say when it came about, where that is known."""

    since: float | None
    until: float | None

    def __new__(cls, text: str, since: float | None = None, until: float | None = None) -> Complaint:
        """Take the words, and the span of time, in seconds since the run's base."""
        made = super().__new__(cls, text)
        made.since, made.until = since, since if until is None else until
        return made


@dataclass(frozen=True)
class Verdict:
    """True only when passed. Unknown is what nothing was observed of, or what was not observed all the time: `blind`.

    Known is what only complaints of a documented limit, whose `issue` it names: see KnownIssues.
    """

    question: str
    observed: int
    complaints: tuple[str, ...] = ()
    issue: str | None = None
    blind: str | None = None

    @property
    def status(self) -> str:
        """passed, failed, unknown or known: what a limit explains hides nothing that was not seen."""
        if self.complaints and not self.issue:
            return "failed"
        if self.blind or not self.observed:
            return "unknown"
        return "known" if self.complaints else "passed"

    @property
    def is_bad(self) -> bool:
        """Whether a run with this verdict is red."""
        return self.status in BAD

    @property
    def is_unasked(self) -> bool:
        """Whether there was nothing to be seen, though everybody looked: a run of tests may well do without."""
        return not (self.observed or self.complaints or self.blind)

    def __bool__(self) -> bool:
        return self.status == "passed"

    def __repr__(self) -> str:
        of = f" ({self.issue})" if self.status == "known" else ""
        blind = [f"blind: {self.blind}"] if self.blind else []
        return "\n  ".join([f"{self.question}: {self.status}{of}, {self.observed} observed", *blind, *self.complaints])

    def but(self, blind: str | None) -> Verdict:
        """Return it as of somebody who could not see all the time, and why: passed becomes unknown."""
        return replace(self, blind="; ".join(filter(None, (self.blind, blind)))) if blind else self

    def tell(self, about: str | None = None) -> None:
        """Write it into the process's history, as being about a test or a step."""
        complaints = [*self.complaints, *([f"blind: {self.blind}"] if self.blind else [])]
        told = {"question": self.question, "status": self.status, "observed": self.observed, "complaints": complaints}
        issue = {"issue": self.issue} if self.status == "known" else {}
        history.tell("verdict", **told, **issue, **self._when(), about=about)  # type: ignore[arg-type]

    def _when(self) -> dict[str, float]:
        """Return the span of the first complaint that has one."""
        timed = [one for one in self.complaints if isinstance(one, Complaint) and one.since is not None]
        first = min(timed, key=lambda one: one.since or 0.0, default=None)
        return {} if first is None else {"since": first.since or 0.0, "until": first.until or first.since or 0.0}


def together(question: str, verdicts: Iterable[Verdict]) -> Verdict:
    """Return one verdict on what was judged in parts."""
    parts: Sequence[Verdict] = list(verdicts)
    blind = "; ".join(dict.fromkeys(part.blind for part in parts if part.blind)) or None
    complaints = tuple(complaint for part in parts for complaint in part.complaints)
    return Verdict(question, sum(part.observed for part in parts), complaints, blind=blind)
