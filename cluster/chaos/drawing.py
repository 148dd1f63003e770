"""From a seed to a schedule: always the same one, and a longer one begins like a shorter one."""

from __future__ import annotations

import random
from collections.abc import Sequence

from cluster import faults
from cluster.chaos import survivable
from cluster.chaos.schedule import Planned, Schedule, Step
from cluster.faults import Shape

AFTER = (3.0, 12.0)
"""Seconds of load before a fault: the load is well under way, and no two steps meet Elasticsearch at the same work."""

HOLD = (8.0, 40.0)
"""Seconds that a fault stays: from shorter than any time-out that notices it to longer than all of them."""

BESIDES = 40.0
"""Seconds that a step takes beside its faults: until all are healthy again, the reads, the verdicts. Only for how many
steps are drawn: none begins after the campaign's time is over."""

TRIES = 30
"""Draws for a fault that may overlap with those of its step; then the step has fewer."""


def draw(seed: int, minutes: float, shape: Shape, kinds: Sequence[str] = (), together: int = 1) -> Schedule:
    """Return the schedule of a seed: steps for so many minutes, each of `together` faults at most, at least one step.

    Without `kinds`, all that are drawn by default. Each step has a source of chance of its own, so what is drawn for
    one never depends on how many there are. Raises BadOrder for a kind that is none.
    """
    steps: list[Step] = []
    planned = 0.0
    while not steps or planned < minutes * 60:
        number = len(steps) + 1
        steps.append(_step(number, random.Random(f"{seed} {number}"), shape, kinds, together))
        planned += steps[-1].seconds + BESIDES
    return Schedule(seed, minutes, tuple(kinds), together, len(shape.machines), tuple(steps))


def _step(number: int, chance: random.Random, shape: Shape, kinds: Sequence[str], together: int) -> Step:
    planned: list[Planned] = []
    for _ in range(TRIES):
        order = faults.draw(chance, shape, kinds or None)
        after, hold = round(chance.uniform(*AFTER), 1), round(chance.uniform(*HOLD), 1)
        if survivable.are([*(fault.order for fault in planned), order], shape):
            planned.append(Planned(order, after, hold))
        if len(planned) == together:
            break
    return Step(number, tuple(planned))
