"""The supervisor: lets units run while the lease is proven, and puts them down before it can expire.

It knows one thing, the deadline, and believes nobody else: whether fleetd is cut off, hangs, or was killed is the same
to it. As long as units must not run it looks again and again, for whoever may have started one.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from fleet.fence.deadline import Deadline, DeadlineFile, Marks, Phase
from fleet.fence.force import Force
from fleet.model.names import RUNNABLE_TYPES

LOOK = 0.1  # seconds between two passes while units are on their way down
GUARD = 0.5  # seconds between two looks once they are down
KILLING = 0.5  # seconds that systemd is given for an answer when units are killed: they are before it is asked
SHORTEST = 0.1  # seconds that it is given at the least
UNITS = Path("/run/fleet/units")  # where fleetd has its units, unless a deadline says otherwise
_ENDINGS = tuple(f".{kind}" for kind in RUNNABLE_TYPES)
_WORDS = {Phase.RUN: "units may run", Phase.STOP: "units are stopped", Phase.KILL: "units are killed"}


class Clock(Protocol):
    """Where the time comes from, and how it passes."""

    def now(self) -> float:
        """Seconds, of CLOCK_BOOTTIME."""

    def wait(self, at: float) -> None:
        """Return at that time, or earlier if there may be something new to be read."""


class Supervisor:
    """Call `step` for ever."""

    def __init__(
        self, file: DeadlineFile, marks: Marks, force: Force, clock: Clock, say: Callable[[str], None]
    ) -> None:
        self._file = file
        self._marks = marks
        self._force = force
        self._clock = clock
        self._say = say
        self._phase: Phase | None = None
        self._down = False

    def step(self) -> None:
        """Read the deadline, do what it asks for, and wait for what comes next."""
        deadline, now = self._file.read(), self._clock.now()
        phase = deadline.phase(now) if deadline else Phase.KILL
        if phase is not self._phase:
            self._phase, self._down = phase, False
            until = f"{deadline.expires - now:+.2f} s until the lease may expire" if deadline else "no lease is proven"
            self._say(f"{until}: {_WORDS[phase]}")
        if phase is not Phase.RUN:
            self._force.patience = _patience(deadline, now) if deadline and phase is Phase.STOP else KILLING
            self._bring_down(_held(Path(deadline.units) if deadline else UNITS), killing=phase is Phase.KILL)
        self._clock.wait(self._next(deadline, now))

    def _next(self, deadline: Deadline | None, now: float) -> float:
        """When to look again; while units may run, not before they must stop."""
        turn = deadline.turn(now) if deadline else None
        if self._phase is Phase.RUN and turn is not None:
            return turn
        again = self._clock.now() + (GUARD if self._down else LOOK)
        return again if turn is None else min(turn, again)

    def _bring_down(self, names: list[str], killing: bool) -> None:
        """One pass. What runs is noted before, lest this process end, and after, lest fleetd was quicker.

        What is to be killed is killed before anybody is asked who may not answer; then systemd hears of it, lest it
        start something again, while docker ends what may have outlived its unit.
        """
        containers = None
        if killing:
            alive = self._force.alive(names)
            self._note(alive)
            self._force.strike(alive)
            containers = None if self._down else self._force.kill_containers()
        up = self._force.up(names)
        if up:
            self._note(up)
            self._force.stop(up)
            if killing:
                self._force.kill(up)
            self._note(up)
        down = not up
        if containers is not None:
            down = containers() and down
        if down and not self._down:
            self._say(f"all {len(names)} units are down")
        self._down = down

    def _note(self, names: list[str]) -> None:
        with suppress(OSError):  # a full disk keeps nothing from being stopped
            self._marks.set(names)


def _patience(deadline: Deadline, now: float) -> float:
    """Two questions are asked in a pass that stops: it is over when it is time to kill, even if none is answered."""
    return max(SHORTEST, (deadline.kill_at - now) / 2)


def _held(directory: Path) -> list[str]:
    """All units whose files are there: those that do not run could be started any moment."""
    if not directory.is_dir():
        return []
    return sorted(path.name for path in directory.iterdir() if path.name.endswith(_ENDINGS))
