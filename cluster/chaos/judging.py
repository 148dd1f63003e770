"""The verdicts on a campaign's history after each step: only what is new in them says something of the step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cluster.chaos.campaign import Judgement
from cluster.checkers import Verdict

Verdicts = Callable[[], Sequence[Verdict]]
"""Judges the whole history as it is now."""

Tell = Callable[[Verdict], None]
"""Tells the history a verdict, or nothing."""

Key = tuple[bool, str, float | None, str]
"""Whether it is bad, the question, since when, and the words that stay."""

FIRST_WORDS = 5
"""How many words of a complaint say what it is of: `core-01 named a and core-02`, `doc-1 of index, acknowledged at`."""

UNSEEN = "nothing was observed"


class Judging:
    """Remembers what was complained of, so that a red step does not make the next one red."""

    def __init__(self, verdicts: Verdicts) -> None:
        self._verdicts = verdicts
        self._heard: set[Key] = set()

    def of(self, about: str) -> Judgement:
        """Judge, tell the history what is new as being `about` a step, and return it.

        A question that is unknown is red once for each reason: an observer that failed saw nothing ever after, and the
        campaign is red by then.
        """
        return self._judged(lambda verdict: verdict.tell(about), lambda _: None)

    def end(self) -> Judgement:
        """Judge once more, tell the history every verdict, and return what no step was told of."""
        return self._judged(Verdict.tell, Verdict.tell)

    def _judged(self, told_new: Tell, told_old: Tell) -> Judgement:
        red: list[str] = []
        known: list[str] = []
        for verdict in self._verdicts():
            self._note_seen(verdict)
            new = [words for words in _words(verdict) if self._is_new(verdict, words)]
            (told_new if new else told_old)(verdict)
            if not new:
                continue
            of = f" ({verdict.issue})" if verdict.status == "known" else ""
            text = "\n  ".join([f"{verdict.question}: {verdict.status}{of}", *new])
            (red if verdict.is_bad else known).append(text)
        return Judgement(tuple(red), tuple(known))

    def _is_new(self, verdict: Verdict, words: str) -> bool:
        key = _key(verdict, words)
        heard, self._heard = self._heard, self._heard | {key}
        return key not in heard

    def _note_seen(self, verdict: Verdict) -> None:
        """Have it be news again when nothing is observed after this."""
        if verdict.observed:
            self._heard.discard((True, verdict.question, None, UNSEEN))


def _words(verdict: Verdict) -> list[str]:
    if verdict.status == "unknown":
        return verdict.blind.split("; ") if verdict.blind else [UNSEEN]
    return list(verdict.complaints)


def _key(verdict: Verdict, words: str) -> Key:
    """Return what stays of a complaint while the history grows: how long it lasts, or until when, does not.

    What was a documented limit before is another thing when it is none.
    """
    first = words if verdict.status == "unknown" else " ".join(words.split()[:FIRST_WORDS])
    return verdict.is_bad, verdict.question, getattr(words, "since", None), first
