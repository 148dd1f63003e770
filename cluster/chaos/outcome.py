"""What a step of a campaign brought, and what a whole campaign did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from cluster.chaos.schedule import Planned, Step


class Ending(Enum):
    """How a step ended."""

    SURVIVED = "survived"
    RED = "red"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class Outcome:
    """What one step brought.

    `tried` are the faults that were put in force, `skipped` those that cannot be had here, with the probe's words;
    `red` says all that was not as it must be, `known` which documented limits were met. It took `seconds`.
    """

    step: Step
    tried: tuple[Planned, ...] = ()
    skipped: tuple[tuple[Planned, str], ...] = ()
    red: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def ending(self) -> Ending:
        """Survived only where a fault was in force, and nothing was red."""
        if self.red:
            return Ending.RED
        return Ending.SURVIVED if self.tried else Ending.UNAVAILABLE


@dataclass
class Tally:
    """How often the faults of each kind ended how; a step's ending counts for each of its faults."""

    of: dict[Ending, Counter[str]] = field(default_factory=lambda: {ending: Counter() for ending in Ending})

    @classmethod
    def counted(cls, outcomes: Iterable[Outcome]) -> Tally:
        """Count the outcomes."""
        tally = cls()
        for outcome in outcomes:
            for fault in outcome.tried:
                tally.of[outcome.ending][fault.order.kind] += 1
            for fault, _ in outcome.skipped:
                tally.of[Ending.UNAVAILABLE][fault.order.kind] += 1
        return tally

    def plain(self) -> dict[str, dict[str, int]]:
        """Return the counts by the ending and by the kind."""
        return {ending.value: dict(sorted(counts.items())) for ending, counts in self.of.items()}


def is_good(outcomes: Sequence[Outcome]) -> bool:
    """Whether a campaign may be called green: something was tried, and all of it was survived."""
    endings = [outcome.ending for outcome in outcomes]
    return Ending.RED not in endings and Ending.SURVIVED in endings
