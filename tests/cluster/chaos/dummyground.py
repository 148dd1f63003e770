"""A cluster in memory for campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cluster.chaos.campaign import Judgement
from cluster.chaos.outcome import Outcome
from cluster.chaos.schedule import Step
from cluster.faults import Order


class DummyLoad:
    def __init__(self, ground: DummyGround) -> None:
        self._ground, self._began = ground, ground.time

    def go_on(self, until: float) -> None:
        self._ground.time = max(self._ground.time, self._began + until)


@dataclass
class DummyGround:
    """A cluster in memory: its time stands still but for the load; `bad` says what fails at which of its deeds."""

    time: float = 0.0
    did: list[str] = field(default_factory=list)
    in_force: set[str] = field(default_factory=set)
    bad: dict[str, Exception] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    judgements: dict[int, Judgement] = field(default_factory=dict)
    run: Path = Path()

    def _do(self, what: str) -> None:
        self.did.append(f"{self.time:g} {what}")
        if what in self.bad:
            raise self.bad[what]

    def gate(self, when: str) -> None:
        assert not self.in_force, "no gate is passed while a fault is in force"
        self._do(f"gate {when}")

    def unavailable(self, order: Order) -> str | None:
        return self.missing.get(order.kind)

    @contextmanager
    def load(self, step: Step) -> Iterator[DummyLoad]:
        self._do("load")
        try:
            yield DummyLoad(self)
        finally:
            self.did.append(f"{self.time:g} no load")
        self._do("read back")

    @contextmanager
    def injected(self, order: Order) -> Iterator[None]:
        self._do(f"inject {order.target}")
        self.in_force.add(order.target)
        try:
            yield
        finally:
            self.in_force.remove(order.target)
            self._do(f"heal {order.target}")

    def judge(self, step: Step) -> Judgement:
        self._do(f"judge {step.number}")
        return self.judgements.get(step.number, Judgement())

    def renew(self) -> None:
        self._do("renew")

    def documents(self) -> dict[str, int]:
        return {"acknowledged": 42}

    def end(self) -> None:
        self.did.append("end")

    def keep(self, outcome: Outcome) -> Path:
        self._do(f"keep {outcome.step.number}")
        return self.run
