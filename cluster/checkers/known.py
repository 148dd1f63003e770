"""The documented limits of what is tested: which complaints they explain, and until when one believes that."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from cluster.checkers.spans import Span
from cluster.checkers.verdict import Verdict
from cluster.settings import PROJECT

FILE = PROJECT / "known_issues.toml"
"""Where the project's own are written down."""


class KnownIssuesError(ValueError):
    """The file of known issues says something that cannot be meant."""


@dataclass(frozen=True)
class KnownIssue:
    """A limit: it explains a complaint of one question that matches, that came about under one of these faults.

    A partition that cuts off other ports than those between the nodes explains nothing.
    `margin` is how many seconds after the fault it may still come about. Nothing is explained after `expires`.
    """

    id: str
    title: str
    link: str
    question: str
    complaint: re.Pattern[str]
    during: frozenset[str]
    margin: float
    expires: date

    def explains(self, question: str, complaint: str, spans: Sequence[Span]) -> bool:
        """Whether this complaint is one of the limit's."""
        if question != self.question or not self.complaint.search(complaint):
            return False
        since, until = getattr(complaint, "since", None), getattr(complaint, "until", None)
        if since is None or until is None:
            return False  # nobody knows under which fault
        could = [span for span in spans if span.kind in self.during and span.meets_elasticsearch]
        return any(span.touches(since, until, self.margin) for span in could)


@dataclass(frozen=True)
class KnownIssues:
    """All of them, as of a day."""

    issues: tuple[KnownIssue, ...] = ()
    today: date = date.min

    @classmethod
    def load(cls, path: Path = FILE, today: date | None = None) -> KnownIssues:
        """Read them; raises KnownIssuesError for an issue that lacks something or says too little to be narrow."""
        content = tomllib.loads(path.read_text())
        issues = tuple(_issue(fields) for fields in content.get("issue", []))
        return cls(issues, today or datetime.now(UTC).date())

    @property
    def expired(self) -> list[KnownIssue]:
        """Those whose time is over: they explain nothing, and somebody has to look at them again."""
        return [issue for issue in self.issues if issue.expires < self.today]

    def turned(self, verdict: Verdict, spans: Sequence[Span]) -> Verdict:
        """Return a failed verdict as known where each of its complaints is explained; any other one as it is."""
        if verdict.status != "failed":
            return verdict
        explained = []
        for complaint in verdict.complaints:
            issue = next((i for i in self._valid if i.explains(verdict.question, complaint, spans)), None)
            if issue is None:
                return verdict
            explained.append(issue.id)
        return replace(verdict, issue=", ".join(dict.fromkeys(explained)))

    def up_to_date(self) -> Verdict:
        """Judge the issues themselves: an expired one is a failure, so that nobody forgets it."""
        complaints = [f"{issue.id} expired on {issue.expires}: look at {issue.link} again" for issue in self.expired]
        return Verdict("no known issue has expired", max(1, len(self.issues)), tuple(complaints))

    @property
    def _valid(self) -> list[KnownIssue]:
        return [issue for issue in self.issues if issue.expires >= self.today]


def _issue(fields: dict[str, object]) -> KnownIssue:
    try:
        id, expires, during = str(fields["id"]), fields["expires"], fields["during"]
        assert isinstance(expires, date), f"{id}: expires is no date"
        assert isinstance(during, list), f"{id}: during is no list of kinds of faults"
        assert during, f"{id}: a limit without a fault would explain everything"
        margin = fields["margin"]
        assert isinstance(margin, int | float), f"{id}: margin is no number of seconds"
        title, link, question = str(fields["title"]), str(fields["link"]), str(fields["question"])
        pattern = re.compile(str(fields["complaint"]))
        return KnownIssue(id, title, link, question, pattern, frozenset(during), float(margin), expires)
    except (AssertionError, KeyError, re.error) as error:
        raise KnownIssuesError(f"a known issue is not whole: {error}") from error
