"""The verdicts on a campaign's history after each step: only what is new in them says something of the step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cluster.chaos.campaign import Judgement
from cluster.checkers import Verdict

Verdicts = Callable[[], Sequence[Verdict]]
"""Judges the whole history as it is now."""

Tell = Callable[[Verdict], None]
"""Tells the history a verdict, or nothing."""


class Judging:
    """Remembers what was complained of, so that a red step does not make the next one red."""

    def __init__(self, verdicts: Verdicts) -> None:
        self._verdicts = verdicts
        self._heard: set[tuple[str, str]] = set()

    def of(self, about: str) -> Judgement:
        """Judge, tell the history what is new as being `about` a step, and return it.

        A question that is unknown is red each time: what is not seen at all is not seen in this step either.
        """
        return self._judged(lambda verdict: verdict.tell(about), lambda _: None)

    def end(self) -> Judgement:
        """Judge once more, tell the history every verdict, and return what no step was told of."""
        return self._judged(Verdict.tell, Verdict.tell)

    def _judged(self, told_new: Tell, told_old: Tell) -> Judgement:
        red: list[str] = []
        known: list[str] = []
        for verdict in self._verdicts():
            new = [words for words in _words(verdict) if self._is_new(verdict, words)]
            (told_new if new else told_old)(verdict)
            if not new:
                continue
            of = f" ({verdict.issue})" if verdict.status == "known" else ""
            text = "\n  ".join([f"{verdict.question}: {verdict.status}{of}", *new])
            (red if verdict.is_bad else known).append(text)
        return Judgement(tuple(red), tuple(known))

    def _is_new(self, verdict: Verdict, words: str) -> bool:
        if verdict.status == "unknown":
            return True
        heard, self._heard = self._heard, self._heard | {(verdict.question, words)}
        return (verdict.question, words) not in heard


def _words(verdict: Verdict) -> list[str]:
    if verdict.status == "unknown":
        return [verdict.blind or "nothing was observed"]
    return list(verdict.complaints)
