"""The faults as windows: from the order to the proof that it is healed, and what of it went wrong."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from cluster.history import Fault
from cluster.report.event import Event, Lane, Told, Tone, packed, shortened

FAULTS = "faults"
WORDS = {"unavailable": "not available here", "failed": "went wrong"}


@dataclass(frozen=True)
class Window:
    """One fault: `bites` is when it was proved to work, `until` when it was proved to be over (or the run's end)."""

    lines: tuple[int, ...]
    kind: str
    target: str
    at: float
    bites: float | None
    until: float
    phases: tuple[str, ...]
    why: str = ""
    hit: tuple[str, ...] = ()
    """The machines that it hit, where its target names none."""

    @property
    def name(self) -> str:
        """What is done to whom."""
        return f"{self.kind} {self.target}".strip()

    @property
    def was_tried(self) -> bool:
        """Whether anything was done: not, where it could not be had."""
        return "unavailable" not in self.phases

    @property
    def tone(self) -> Tone:
        """bad where the fault itself went wrong or was never healed: then nothing after it says anything."""
        if "failed" in self.phases:
            return "bad"
        if not self.was_tried:
            return "plain"
        return "fault" if "healed" in self.phases else "warn"

    @property
    def text(self) -> str:
        """All that is known of it, in a line."""
        last = "healed" if "healed" in self.phases else WORDS.get(self.phases[-1], "never told to be healed")
        bit = "" if self.bites is None else f", bites after {self.bites - self.at:.1f} s"
        whom = f" on {', '.join(self.hit)}" if self.hit else ""
        said = f"fault {self.name}{whom}{bit}, {last} after {self.until - self.at:.1f} s"
        return shortened(said + (f": {self.why}" if self.why else ""))


def windows(told: Told) -> list[Window]:
    """Return the faults of a run in the order in which they were begun."""
    steps: dict[int, list[tuple[int, Fault]]] = defaultdict(list)
    for position, one in told.of(Fault):
        steps[one.id].append((position, one))
    return sorted((_window(found, told.end) for found in steps.values()), key=lambda window: window.at)


def lane(windows: list[Window]) -> Lane:
    """Return the lane of the faults."""
    rows = packed([(window.at, window.until) for window in windows])
    return Lane(FAULTS, "Faults", (20,) * (1 + max(rows, default=0)), "" if windows else "none in this run")


def events(windows: list[Window]) -> list[Event]:
    """Return each fault as a bar."""
    rows = packed([(window.at, window.until) for window in windows])
    return [
        Event(one.lines, one.at, FAULTS, one.text, one.tone, one.until, row, "bar", one.name)
        for one, row in zip(windows, rows, strict=True)
    ]


def as_data(window: Window) -> dict[str, Any]:
    """Return it as the page has it: what is shaded across all lanes."""
    bites = window.at if window.bites is None else window.bites
    aimed = " ".join([window.target, *window.hit])
    return {"at": window.at, "bites": bites, "until": window.until, "name": window.name, "target": aimed}


def _window(steps: list[tuple[int, Fault]], end: float) -> Window:
    phases = {one.phase: one for _, one in reversed(steps)}
    last, first = steps[-1][1], steps[0][1]
    over = last.phase in ("healed", "failed", "unavailable")
    why = next((one.why for one in phases.values() if one.why and one.phase in WORDS), "")
    return Window(
        lines=tuple(position for position, _ in steps),
        kind=str(first.fault.get("kind", "")),
        target=str(first.fault.get("target", "")),
        at=first.at,
        bites=phases["bites"].at if "bites" in phases else None,
        until=last.at if over else end,
        phases=tuple(one.phase for _, one in steps),
        why=why,
        hit=tuple(dict.fromkeys(machine for _, one in steps for machine in one.machines)),
    )
