"""How far each machine's clock is from the host's: its journal is stamped with it. And whether that is still heard."""

from __future__ import annotations

import itertools
import math
import threading
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from cluster import history
from cluster.errors import CommandFailed, InfraError
from cluster.machine import Machine

EVERY = 120.0
"""Seconds between two looks: a look is an ssh command on each machine."""

DEADLINE = 5.0

TAG = "esfleet-suite"
"""Who the journal says that the signs are from."""


class Clocks:
    """The offset of each machine's clock, as it was measured last; 0 where it was never."""

    def __init__(self, machines: Sequence[Machine], base: Callable[[], float] = history.wall) -> None:
        """Take the machines, and what tells the host's wall time as of the run's base."""
        self._machines, self._base = list(machines), base
        self._offsets: dict[str, float] = {}
        self._sign, self._numbers = f"heard-{uuid.uuid4().hex[:8]}-", itertools.count(1)
        self.known = threading.Event()
        """Set when each machine was asked once, whether or not it answered."""
        self.ended = threading.Event()
        """Set when nobody wants to know any more: no further machine is asked."""

    def __call__(self) -> None:
        """Ask each machine; see `ask`."""
        self.ask()

    def ask(self) -> dict[str, str]:
        """Ask each machine for its time, and tell the history by how much it is ahead; return their signs by machine.

        With its answer it writes a sign into its journal: a machine that answers, and whose sign is not seen there, is
        one whose journal nobody follows any more.
        """
        signs: dict[str, str] = {}
        for machine in self._machines:
            if self.ended.is_set():
                break
            before, sign = self._base(), f"{self._sign}{next(self._numbers)}"
            asked = f"date +%s.%N; logger --tag {TAG} {sign} && echo {sign}; true"
            try:
                answer = machine.run(asked, within=DEADLINE, alone=True)
            except (InfraError, CommandFailed):
                continue  # it is off, or frozen, or on its way: its clock does not stop for that
            uncertainty = (self._base() - before) / 2
            time, *written = answer.stdout.split()
            offset = float(time) - (before + uncertainty)
            self._offsets[machine.name] = certain(offset, uncertainty)
            told: dict[str, Any] = {"offset": round(offset, 6), "uncertainty": round(uncertainty, 6)}
            if written == [sign]:
                told["sign"] = signs[machine.name] = sign
            history.tell("clock", machine=machine.name, **told)
        self.known.set()
        return signs

    def is_sign(self, message: str) -> bool:
        """Whether a line of a journal is a sign that was asked for here."""
        return message.startswith(self._sign)

    def at(self, machine: str, wall: float) -> float:
        """Return the time since the run's base at which a machine's clock showed a wall time."""
        return history.since_base(wall - self._offsets.get(machine, 0.0))


def certain(offset: float, uncertainty: float) -> float:
    """Return the least that a clock may be off by what was measured: nothing, where it may well be right.

    On a busy host the question takes seconds, most of them before the machine looks at its clock: what was measured
    then is no more than that, and put a node's start two seconds before its claim of the lease.
    """
    return math.copysign(max(0.0, abs(offset) - uncertainty), offset)
