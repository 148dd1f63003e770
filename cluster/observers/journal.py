"""What the machines' journals tell: units that start and stop, nodes that begin, lines that are worth seeing."""

from __future__ import annotations

import re
from pathlib import Path

from cluster import history, journals
from cluster.checkers.badness import meaning
from cluster.journals import NODE_START, Record
from cluster.observers.clocks import Clocks
from cluster.observers.tail import Tail

EVERY = 0.5
"""Seconds between two looks."""

FIRST = 30.0
"""Seconds for which the first look waits for the clocks."""

WORDS = 300
"""How many characters of a line are told."""

SERVICES = ("docker.service", "etcd2.service", "fleet.service")
"""The machines' own units whose states are told; all others are what fleet has placed."""

INSTANCE = re.compile(r"(?!user@|getty@|serial-getty@)[\w-]+@\d+\.service")

STATES = {
    "7d4958e842da4a758f6c1cdc7b36dcc5": "starting",
    "39f53479d3a045ac8e11786248231fbf": "active",
    "de5b426a63be47a7b6ac3eaac82e2f6f": "stopping",
    "9d1aaa27d60140bd96365438aad20286": "inactive",
    "7ad2d189f7e94e70a38c781354912448": "inactive",
    "be02cf6855d2428ba40df7e9d022f03d": "failed",
    "d9b373ed55a64feb8242e02dbe79a49c": "failed",
}
"""By systemd's MESSAGE_IDs (see journals): what has become of a unit."""

OVER = ("inactive", "failed")


class JournalLook:
    """Reads what has come to one machine's followed journal, and tells it at its own time."""

    def __init__(self, path: Path, clocks: Clocks, *, old: bool = False, since: float = float("-inf")) -> None:
        """Take the file, and the clocks of the machines; what is in the file already may be `old`.

        Of the past, only the units that still run are told, as of now. What was before `since`, in seconds of the run,
        is another cluster's that had the name.
        """
        self.machine, self._tail, self._clocks, self._old = path.stem, Tail(path), clocks, old
        self._since = since
        self.signs: set[str] = set()
        """Those that were seen."""
        self._told: set[int] = set()
        self._states: dict[str, str] = {}
        self._last = 0.0

    def __call__(self) -> None:
        """Look once; the first look waits until the clocks are known."""
        self._clocks.known.wait(FIRST)
        if self._old:
            self._old = False
            self._pass_over()
        for record in self._new():
            self._tell(record)
            self._last = record.at

    def _new(self) -> list[Record]:
        """Return the records that have come; a journal that is followed anew tells some twice."""
        new = []
        for line in self._tail.lines():
            record = journals.record_of(self.machine, line)
            if record is not None and hash(record.cursor) not in self._told:
                self._told.add(hash(record.cursor))
                new.append(record)
        return new

    def _pass_over(self) -> None:
        for record in self._new():
            if self._clocks.is_sign(record.message):
                self._heard(record)
            elif record.message_id == journals.BOOTED:
                self._states.clear()
            elif state := self._state(record):
                self._states[record.unit] = state
        for unit, state in self._states.items():
            if state not in OVER:
                history.tell("unit", machine=self.machine, unit=unit, state=state)

    def _tell(self, record: Record) -> None:
        at = self._clocks.at(self.machine, record.at)
        if at < self._since:
            return
        if self._clocks.is_sign(record.message):
            self._heard(record)
        elif record.message_id == journals.BOOTED:
            self._booted(at)
        elif state := self._state(record):
            if self._states.get(record.unit) != state:
                self._states[record.unit] = state
                history.tell("unit", at=at, machine=self.machine, unit=record.unit, state=state)
        elif match := NODE_START.search(record.message):
            history.tell("process", at=at, machine=self.machine, node=match["node"])
        elif found := meaning(record.source, record.message):
            text = record.message[:WORDS]
            history.tell("mark", at=at, machine=self.machine, unit=record.source, text=text, level=found.level)

    def _heard(self, record: Record) -> None:
        self.signs.add(record.message)
        history.tell("heard", machine=self.machine, sign=record.message)

    def _booted(self, at: float) -> None:
        """Tell the end of all that ran when the machine last said something: it did not stop in an orderly way."""
        ended = self._clocks.at(self.machine, self._last)
        for unit, state in self._states.items():
            if state not in OVER:
                history.tell("unit", at=ended, machine=self.machine, unit=unit, state="inactive")
        self._states.clear()
        history.tell("mark", at=at, machine=self.machine, unit="machine", text="booted", level="info")

    def _state(self, record: Record) -> str | None:
        """Return what became of the unit that systemd speaks of, if it is one that is told."""
        state = STATES.get(record.message_id)
        if state == "active" and record.message.startswith("Finished"):
            return None  # a oneshot's end, of which systemd says more
        return state if INSTANCE.fullmatch(record.unit) or record.unit in SERVICES else None
