"""What a campaign does: which faults, in which order, when in each step and for how long; data that can be replayed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cluster.errors import InfraError
from cluster.faults import Order

VERSION = 1
"""Of the file; another one is refused."""

FILE = "schedule.json"
"""What the schedule is called in the folder of its run."""


@dataclass(frozen=True)
class Planned:
    """A fault, in seconds: how long the step's load has gone on when it is injected, and how long it stays then."""

    order: Order
    after: float
    hold: float

    @property
    def until(self) -> float:
        """When it is healed, in seconds of the step's load."""
        return self.after + self.hold

    def __str__(self) -> str:
        return f"{self.order} after {self.after:.1f} s for {self.hold:.1f} s"


@dataclass(frozen=True)
class Step:
    """What happens between two moments at which the cluster is healthy: one fault, or some that overlap."""

    number: int
    faults: tuple[Planned, ...]

    @property
    def seconds(self) -> float:
        """How long the load goes on at least: until the last fault is healed."""
        return max(fault.until for fault in self.faults)

    def __str__(self) -> str:
        return "; ".join(map(str, self.faults))


@dataclass(frozen=True)
class Schedule:
    """The steps, and what they were drawn from."""

    seed: int
    minutes: float
    kinds: tuple[str, ...]
    together: int
    machines: int
    steps: tuple[Step, ...]

    def only(self, numbers: Sequence[int]) -> Schedule:
        """Return these steps alone; raises InfraError for a number that no step has."""
        known = {step.number for step in self.steps}
        if unknown := [number for number in numbers if number not in known]:
            there = f"1 to {max(known)}" if known else "none"
            raise InfraError(f"no step {', '.join(map(str, unknown))} in the schedule; there are {there}")
        return replace(self, steps=tuple(step for step in self.steps if step.number in numbers))

    def text(self) -> str:
        """Return the JSON."""
        return json.dumps(_plain(self), indent=1) + "\n"


def write(schedule: Schedule, path: Path) -> Path:
    """Write a schedule to a file, and return where; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(schedule.text())
    return path


def read(path: Path) -> Schedule:
    """Return the schedule that a file, or the folder of a run, has; raises InfraError where it has none."""
    file = path / FILE if path.is_dir() else path
    try:
        given = json.loads(file.read_text())
        if given.pop("version") != VERSION:
            raise ValueError(f"its version is not {VERSION}")
        return _schedule(given)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InfraError(f"{file} holds no schedule: {type(error).__name__}: {error}") from error


def _plain(schedule: Schedule) -> dict[str, Any]:
    steps = [
        {"number": step.number, "faults": [{**_times(fault), "order": fault.order.to_json()} for fault in step.faults]}
        for step in schedule.steps
    ]
    return {"version": VERSION, **asdict(replace(schedule, steps=())), "steps": steps}


def _times(fault: Planned) -> dict[str, float]:
    return {"after": fault.after, "hold": fault.hold}


def _schedule(given: Mapping[str, Any]) -> Schedule:
    steps = tuple(Step(int(step["number"]), tuple(map(_planned, step["faults"]))) for step in given["steps"])
    if not all(step.faults for step in steps):
        raise ValueError("a step has no fault")
    return Schedule(**{**given, "kinds": tuple(given["kinds"]), "steps": steps})


def _planned(given: Mapping[str, Any]) -> Planned:
    return Planned(Order.from_json(given["order"]), float(given["after"]), float(given["hold"]))
