"""The machines' journals, as they were followed into the shared folder: they outlive their machine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from cluster.checkers import Run, Start

BOOTED = "f77379a8490b408bbe5f6940505a777b"
"""MESSAGE_ID of journald's own start: a machine's new boot. (Containers share the kernel's boot id.)"""

STARTING = {"7d4958e842da4a758f6c1cdc7b36dcc5", "39f53479d3a045ac8e11786248231fbf"}
"""MESSAGE_IDs of systemd: a unit is starting, a unit is started."""

STOPPING = "de5b426a63be47a7b6ac3eaac82e2f6f"
"""MESSAGE_ID of systemd: a unit is being stopped."""

STOPPED = {"9d1aaa27d60140bd96365438aad20286", "be02cf6855d2428ba40df7e9d022f03d"}
"""MESSAGE_IDs of systemd: a unit's stop job is done, a unit's start job failed."""

ENDED = {"7ad2d189f7e94e70a38c781354912448", "d9b373ed55a64feb8242e02dbe79a49c"}
"""MESSAGE_IDs of systemd: a unit deactivated successfully, a unit entered the failed state."""

NODE_START = re.compile(r"\[(?P<node>[^\]\s]+)\s*\] version\[[\d.]+\], pid\[")
"""What Elasticsearch 1.x logs first in each process."""


@dataclass(frozen=True)
class Record:
    """One line of a journal; `at` is in seconds since the epoch."""

    at: float
    machine: str
    unit: str
    message: str
    message_id: str = ""
    source: str = ""
    cursor: str = field(default="", compare=False)
    """What journald calls the line: one that is told twice has the same."""

    def __str__(self) -> str:
        return f"{datetime.fromtimestamp(self.at, UTC):%H:%M:%S.%f} {self.machine} {self.source}: {self.message}"


class Journal:
    """One machine's journal, in the order in which it was written."""

    def __init__(self, machine: str, records: list[Record]) -> None:
        self.machine = machine
        self.records = records

    @classmethod
    def read(cls, path: Path) -> Journal:
        """Read `<machine>.jsonl`; a line that the machine's death cut short is passed over, as is one told twice."""
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        by_cursor: dict[object, Record] = {}
        for fields in filter(None, map(_fields, lines)):
            by_cursor.setdefault(fields.get("__CURSOR", len(by_cursor)), _record(path.stem, fields))
        return cls(path.stem, list(by_cursor.values()))

    def of(self, unit: str) -> list[Record]:
        """Return what a unit's processes said, and what systemd said of it."""
        return [record for record in self.records if record.unit == unit]

    def follows_boot(self, after: float) -> bool:
        """Whether the machine has booted after that time, and its journal has gone on since: it is followed again."""
        boots = [record.at for record in self.records if record.message_id == BOOTED and record.at > after]
        return bool(boots) and any(record.at > boots[0] for record in self.records)

    def runs(self, unit: str | None = None) -> list[Run]:
        """Return when a unit (or each one) ran here: from its start job to its end, or to the machine's."""
        return list(self._runs(unit))

    def told_to_stop(self, unit: str, since: float) -> list[float]:
        """Return when, after that time, systemd began to stop a unit."""
        return [one.at for one in self.of(unit) if one.message_id == STOPPING and one.at >= since]

    def node_starts(self) -> list[Start]:
        """Return when Elasticsearch processes began here."""
        found = ((record, NODE_START.search(record.message)) for record in self.records)
        return [Start(match["node"], self.machine, record.at) for record, match in found if match]

    def _runs(self, wanted: str | None) -> Iterator[Run]:
        began: dict[str, float] = {}
        last = 0.0
        for record in self.records:
            if record.message_id == BOOTED:
                yield from (Run(unit, self.machine, start, last) for unit, start in began.items())
                began.clear()
            elif wanted in (None, record.unit):
                if record.message_id in STARTING and not record.message.startswith("Finished"):
                    began.setdefault(record.unit, record.at)
                elif record.message_id in STOPPED | ENDED and record.unit in began:
                    yield Run(record.unit, self.machine, began.pop(record.unit), record.at)
            last = record.at
        yield from (Run(unit, self.machine, start) for unit, start in began.items())


class Journals:
    """The journals of all machines of a cluster, as they are on the disk now."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def all(self) -> list[Journal]:
        """Each machine's journal."""
        return [Journal.read(path) for path in sorted(self._folder.glob("*.jsonl"))]

    def of(self, machine: str) -> Journal:
        """Return one machine's journal."""
        return Journal.read(self._folder / f"{machine}.jsonl")

    def runs(self, unit: str | None = None, since: float = 0.0) -> list[Run]:
        """Return when a unit (or each one) ran, on all machines; only runs that had not ended by `since`.

        A run without an end on a machine that is down is still without an end: see Run.stop.
        """
        runs = [run for journal in self.all for run in journal.runs(unit)]
        return [run for run in runs if run.stop is None or run.stop > since]

    def node_starts(self, since: float = 0.0, until: float = float("inf")) -> list[Start]:
        """Return when Elasticsearch processes first said something, in that time, in order: about 1 s after their exec.

        For how many began: when, Elasticsearch itself knows better (es.Node.started).
        """
        starts = [start for journal in self.all for start in journal.node_starts() if since <= start.at <= until]
        return sorted(starts, key=lambda start: start.at)

    def unit(self, unit: str, since: float = 0.0) -> list[Record]:
        """Return a unit's records of all machines after `since`, in order of time."""
        records = [record for journal in self.all for record in journal.of(unit) if record.at >= since]
        return sorted(records, key=lambda record: record.at)


def record_of(machine: str, line: str) -> Record | None:
    """Return what a line of a machine's journal holds; None for one that was cut short."""
    fields = _fields(line)
    return None if fields is None else _record(machine, fields)


def _fields(line: str) -> dict[str, Any] | None:
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) and "__REALTIME_TIMESTAMP" in fields else None


def _record(machine: str, fields: dict[str, Any]) -> Record:
    return Record(
        at=int(fields["__REALTIME_TIMESTAMP"]) / 1e6,
        machine=machine,
        unit=_text(fields.get("UNIT") or fields.get("OBJECT_SYSTEMD_UNIT") or fields.get("_SYSTEMD_UNIT")),
        message=_text(fields.get("MESSAGE")),
        message_id=_text(fields.get("MESSAGE_ID")) if fields.get("_PID") == "1" or _is_journald(fields) else "",
        source=_text(fields.get("UNIT") or fields.get("_SYSTEMD_UNIT") or fields.get("SYSLOG_IDENTIFIER")),
        cursor=_text(fields.get("__CURSOR")),
    )


def _is_journald(fields: dict[str, Any]) -> bool:
    return fields.get("_COMM") == "systemd-journal" or fields.get("_TRANSPORT") == "driver"


def _text(value: Any) -> str:
    """Return a field's text: journalctl gives what is not UTF-8 as a list of bytes, and repeated fields as a list."""
    if value is None:
        return ""
    if isinstance(value, list):
        if all(isinstance(item, int) for item in value):
            return bytes(value).decode(errors="replace")
        return _text(value[0])
    return str(value)
