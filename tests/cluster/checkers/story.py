"""A history that is made up: what a run would have told, in few words."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from typing import Any

from cluster.checkers import Verdict, judge
from cluster.checkers.books import CopyRead, copies_told
from cluster.checkers.known import KnownIssues
from cluster.history import History, parse

MACHINES = {f"core-0{number}": f"192.168.57.10{number}" for number in range(1, 7)}
LABEL = "elasticsearch_logging"
INDEX = "ledger"


class Story:
    """Lines of a history, in the order in which they are told."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = [
            {"kind": "run", "at": 0.0, "epoch": 1000.0, "machines": MACHINES, "labels": [LABEL]}
        ]
        self._ids = itertools.count(1)

    def tell(self, kind: str, at: float, **fields: Any) -> Story:
        self.lines.append({"kind": kind, "at": at, **fields})
        return self

    def booted(self) -> Story:
        """Each machine's journal says something from its boot on."""
        for machine in MACHINES:
            self.tell("mark", 0.5, machine=machine, unit="machine", text="booted", level="info")
        return self

    def write(self, document: str, at: float, outcome: str = "ok", machine: str = "core-01") -> Story:
        told = {"id": next(self._ids), "process": "w", "f": "create", "index": INDEX, "document": document}
        self.tell("operation", at, **told, machine=machine, phase="invoke")
        return self.tell("operation", at + 0.1, **told, machine=machine, phase=outcome, took=0.1)

    def read(self, document: str, at: float, found: bool = True) -> Story:
        told = {"id": next(self._ids), "process": "r", "f": "read", "index": INDEX, "document": document}
        self.tell("operation", at, **told, phase="invoke")
        return self.tell("operation", at + 0.1, **told, phase="ok", found=found, took=0.1)

    def copies(self, at: float, asked: Iterable[str], found: Mapping[str, Iterable[str]], expected: int = 4) -> Story:
        """All copies are read: what each machine's has of what was asked."""
        read = [CopyRead(f"node on {machine}", machine, frozenset(there)) for machine, there in found.items()]
        told = {"id": next(self._ids), "process": "c", "f": "read-copies", "index": INDEX}
        self.tell("operation", at, **told, phase="invoke")
        return self.tell("operation", at + 0.1, **told, phase="ok", took=0.1, value=copies_told(asked, expected, read))

    def fault(
        self,
        kind: str,
        target: str,
        since: float,
        until: float | None = None,
        hit: tuple[str, ...] = (),
        **options: Any,
    ) -> Story:
        """A fault that bites; `hit` are the machines that it tells, as its target names none."""
        told = {"id": next(self._ids), "fault": {"kind": kind, "target": target, **options}}
        whom = {"machines": hit} if hit else {}
        self.tell("fault", since, **told, phase="inject").tell("fault", since + 0.1, **told, phase="bites", **whom)
        if until is None:
            return self
        return self.tell("fault", until - 0.1, **told, phase="heal").tell("fault", until, **told, phase="healed")

    def unit(self, at: float, machine: str, state: str, unit: str = f"{LABEL}@3.service") -> Story:
        return self.tell("unit", at, machine=machine, unit=unit, state=state)

    def lock(self, at: float, revision: int, node: int | None, start: str = "", address: str = "") -> Story:
        """The lease's key is put by a node, or deleted."""
        address = address or f"192.168.57.10{node}"
        value = json.dumps({"holder": f"{LABEL}-{node}", "ip": address, "start": start}) if node else None
        return self.tell("key", at, key=f"/locks/{LABEL}", value=value, revision=revision)

    def started(self, at: float, node: int) -> Story:
        """A node takes the lease, claims it, begins, and gives it back: 2 s."""
        first = int(at * 10)
        self.lock(at, first, node).lock(at + 0.5, first + 1, node, start=f"s{first}")
        self.tell("process", at + 1, machine=f"core-0{node}", node=f"{LABEL}-{node}")
        return self.lock(at + 2, first + 2, None)

    def health(self, at: float, machine: str, master: str | None, status: str = "green") -> Story:
        return self.tell("health", at, machine=machine, status=status, master=master, nodes=5, version=7)

    def asked(self, at: float, machine: str, *, heard: bool = True, number: int = 1) -> Story:
        """A machine tells its time, and writes a sign into its journal, where it is seen or not."""
        sign = f"heard-1-{number}"
        self.tell("clock", at, machine=machine, offset=0.0, uncertainty=0.1, sign=sign)
        return self.tell("heard", at + 0.5, machine=machine, sign=sign) if heard else self

    @property
    def history(self) -> History:
        return parse(map(json.dumps, self.lines))

    def verdict(self, words: str, known: KnownIssues | None = None) -> Verdict:
        """What the judge says to the question that has these words."""
        (found,) = [one for one in judge(self.history, known or KnownIssues()) if words in one.question]
        return found


def all_is_well() -> Story:
    """A run in which everything was seen and nothing is wrong."""
    story = Story().booted()
    for node in (1, 2):
        story.unit(node * 10, f"core-0{node}", "starting", f"{LABEL}@{node}.service").started(node * 10, node)
        for at in range(40, 60, 5):
            story.health(at, f"core-0{node}", f"{LABEL}-1")
    for number in range(1, 10):
        story.write(f"doc-{number}", 40 + number / 2)
    story.read("doc-1", 50)
    documents = [f"doc-{number}" for number in range(1, 10)]
    return story.copies(60, documents, {f"core-0{number}": documents for number in (1, 2, 3, 4)})
