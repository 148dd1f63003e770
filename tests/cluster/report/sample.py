"""A made-up night: a cluster boots and is deployed, a machine is killed under load, and three documents are lost."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

MACHINES = {f"core-{number:02d}": f"192.168.57.{100 + number}" for number in range(1, 7)}
LABEL = "elasticsearch_logging"
EPOCH = 1_795_000_000.25
TEST = "e2e/test_machine_loss.py::test_an_instance_moves_when_its_machine_dies"
KILL = {"kind": "kill-machine", "target": "core-03"}


class Sample:
    """Lines of a history, told in any order and written in order of time."""

    def __init__(self, **header: Any) -> None:
        self.lines: list[dict[str, Any]] = []
        self.header = {
            "version": 1,
            "epoch": EPOCH,
            "run": "2026-11-18-031640-esfleet",
            "cluster": "esfleet",
            "command": "./toxw -e e2e",
            "seed": 7,
            "machines": MACHINES,
            "labels": [LABEL],
        } | header

    def tell(self, kind: str, at: float, **fields: Any) -> None:
        self.lines.append({"kind": kind, "at": at, **fields})

    def text(self) -> str:
        lines = [{"kind": "run", "at": 0.0, **self.header}, *sorted(self.lines, key=lambda line: float(line["at"]))]
        return "".join(json.dumps(line) + "\n" for line in lines)

    def write(self, folder: Path, name: str = "history.jsonl") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_text(self.text())
        return path

    def test(self, at: float, until: float, name: str = TEST, outcome: str = "passed") -> None:
        self.tell("test", at, test=name, phase="begin")
        self.tell("test", until, test=name, phase="end", outcome=outcome)

    def fault(self, number: int, fault: dict[str, Any], at: float, until: float) -> None:
        for phase, when in (("inject", at), ("bites", at + 0.6), ("heal", until - 4), ("healed", until)):
            self.tell("fault", when, id=number, fault=fault, phase=phase)

    def instance(self, number: int, machine: str, at: float) -> None:
        for name, since in (("", 0.0), ("-startup_lease", 0.1), ("-discovery", 2.9)):
            unit = f"{LABEL}{name}@{number}.service"
            self.tell("unit", at + since, machine=machine, unit=unit, state="starting")
            self.tell("unit", at + since + 0.4, machine=machine, unit=unit, state="active")
        self.tell("unit", at + 3.6, machine=machine, unit=f"{LABEL}-startup_lease@{number}.service", state="inactive")
        holder = json.dumps({"holder": f"{LABEL}-{number}", "ip": MACHINES[machine], "start": "a"})
        self.tell("key", at + 0.5, key=f"/locks/{LABEL}", value=holder, revision=int(at * 10))
        self.tell("process", at + 1.2, machine=machine, node=f"{LABEL}-{number}")
        host = f"/services/{LABEL}/hosts/{MACHINES[machine]}"
        self.tell("key", at + 3.4, key=host, value="{}", revision=int(at * 10) + 1)
        self.tell("key", at + 3.5, key=f"/locks/{LABEL}", value=None, revision=int(at * 10) + 2)

    def health(self, at: float, machine: str, number: int, status: str, nodes: int, **more: Any) -> None:
        away = 5 - nodes
        shards = {"active": 20 - 4 * away, "initializing": 0, "relocating": 0, "unassigned": 4 * away, "delayed": 0}
        fields = {"master": f"{LABEL}-1", "version": int(at), "shards": shards, "nodes": nodes} | more
        self.tell("health", at, machine=machine, node=f"{LABEL}-{number}", status=status, **fields)


def red_night(operations: int = 1200, seed: int = 7) -> Sample:
    """Return the history of a run in which something failed; as many operations as wanted."""
    told, dice = Sample(), random.Random(seed)
    told.tell("phase", 0.5, name="up", phase="begin")
    told.tell("phase", 16.2, name="up", phase="end")
    told.tell("phase", 16.3, name="deploy", phase="begin")
    told.tell("phase", 41.0, name="deploy", phase="end")
    for number, machine in enumerate(list(MACHINES)[:5], start=1):
        told.instance(number, machine, 17 + 4.1 * number)
    told.test(42, 61, "e2e/test_operator_sequence.py::test_five_nodes_join")
    told.test(62, 75, "e2e/test_marvel.py::test_the_page_names_each_node")
    told.test(80, 172, TEST, "failed")
    told.test(176, 190, "e2e/test_replicas.py::test_four_copies[logging]")
    told.fault(1, KILL, 96, 150)
    told.instance(3, "core-06", 108)
    _healths(told)
    _marks(told, dice)
    _operations(told, dice, operations)
    _verdicts(told)
    return told


def _healths(told: Sample) -> None:
    for step in range(0, 38):
        at = 5 * step + 2.0
        for number, machine in enumerate(list(MACHINES)[:5], start=1):
            if at < 21 + 4.1 * number or (number == 3 and at > 96):
                if at > 96:
                    told.tell("health", at, machine=machine, node=None, status="silent")
                continue
            lost = 96 < at < 119
            early = at < 40
            if 96 < at < 104 and number in (2, 5):
                told.health(at + number / 9, machine, number, "no-master", 4, master=None)
            else:
                nodes = 4 if lost else 3 if early else 5
                status = "yellow" if lost or 119 < at < 125 else "red" if early else "green"
                told.health(at + number / 9, machine, number, status, nodes)


def _marks(told: Sample, dice: random.Random) -> None:
    for machine in MACHINES:
        for _ in range(12):
            told.tell(
                "mark",
                dice.uniform(1, 188),
                machine=machine,
                unit="fleet.service",
                text="unit is launched",
                level="info",
            )
    for machine, at in (("core-02", 99.2), ("core-05", 99.4)):
        text = f"[{LABEL}-2] master_left [{LABEL}-3], reason [failed to ping, tried [3] times, each with maximum [3s]]"
        told.tell("mark", at, machine=machine, unit=f"{LABEL}@2.service", text=text, level="warning")
    text = "[ledger][0] failed to recover shard: CorruptIndexException[checksum failed]"
    told.tell("mark", 117.8, machine="core-06", unit=f"{LABEL}@3.service", text=text, level="error")


def _operations(told: Sample, dice: random.Random, many: int) -> None:
    for number in range(many):
        at = 81 + 88 * number / many
        bad = 96.4 < at < 103
        kind = "create" if number % 3 else "read"
        one = {"id": number, "process": f"{kind}r-{number % 4}", "f": kind, "node": f"{LABEL}-{1 + number % 5}"}
        one |= {"index": "ledger", "document": f"d{number}"}
        told.tell("operation", at, phase="invoke", **one)
        took = dice.uniform(2, 5) if bad and dice.random() < 0.4 else dice.lognormvariate(-4.4, 0.7)
        phase = dice.choice(("fail", "unknown")) if bad and dice.random() < 0.6 else "ok"
        error = {} if phase == "ok" else {"error": "ConnectionTimeout(Read timed out after 5 s)"}
        told.tell("operation", at + took, phase=phase, took=round(took, 4), **one, **error)


def _verdicts(told: Sample) -> None:
    lost = [f"document d{number} was acknowledged, and is on no copy" for number in (233, 241, 260)]
    told.tell(
        "verdict",
        171,
        question="acknowledged documents lost",
        status="failed",
        observed=1200,
        complaints=lost,
        about=TEST,
    )
    told.tell(
        "verdict",
        171.1,
        question="never two holders of the lease",
        status="passed",
        observed=6,
        complaints=[],
        about=TEST,
    )
    told.tell(
        "verdict",
        171.2,
        question="at most one master accepted",
        status="passed",
        observed=180,
        complaints=[],
        about=TEST,
    )
    told.tell("verdict", 171.3, question="replica spread", status="unknown", observed=0, complaints=[], about=TEST)
    known = ["read of d17 saw a write that was never acknowledged"]
    told.tell(
        "verdict",
        171.4,
        question="dirty reads",
        status="known",
        observed=400,
        complaints=known,
        issue="es-9967",
        about=TEST,
    )
