"""A cluster in memory for campaigns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cluster.chaos.campaign import Judgement
from cluster.chaos.outcome import Outcome
from cluster.chaos.schedule import Step
from cluster.faults import Order


class DummyFault:
    """A fault in memory; each of its deeds is the ground's, and may be bad there."""

    def __init__(self, order: Order, ground: DummyGround) -> None:
        self.order, self._ground = order, ground

    def unavailable(self) -> str | None:
        return self._ground.missing.get(self.order.kind)

    def inject(self) -> None:
        self._ground.do(f"inject {self.order.target}")
        self._ground.in_force.add(self.order.target)

    def bites(self) -> None:
        pass

    def heal(self) -> None:
        self._ground.in_force.discard(self.order.target)
        self._ground.do(f"heal {self.order.target}")

    def healed(self) -> None:
        pass

    def hit(self) -> list[str]:
        return []


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
    last: Judgement = field(default_factory=Judgement)
    run: Path = Path()

    def do(self, what: str) -> None:
        self.did.append(f"{self.time:g} {what}")
        if what in self.bad:
            raise self.bad[what]

    def gate(self, when: str) -> None:
        assert not self.in_force, "no gate is passed while a fault is in force"
        self.do(f"gate {when}")

    def fault(self, order: Order) -> DummyFault:
        return DummyFault(order, self)

    def may_overlap(self, orders: Sequence[Order]) -> bool:
        return len({order.target for order in orders}) == len(orders)

    @contextmanager
    def load(self, step: Step) -> Iterator[DummyLoad]:
        self.do("load")
        try:
            yield DummyLoad(self)
        finally:
            self.did.append(f"{self.time:g} no load")
        self.do("read back")

    def judge(self, step: Step) -> Judgement:
        self.do(f"judge {step.number}")
        return self.judgements.get(step.number, Judgement())

    def renew(self) -> None:
        self.do("renew")

    def documents(self) -> dict[str, int]:
        return {"acknowledged": 42}

    def end(self) -> Judgement:
        self.did.append("end")
        return self.last

    def keep(self, outcome: Outcome) -> Path:
        self.do(f"keep {outcome.step.number}")
        return self.run

    def keep_end(self, last: Judgement) -> Path:
        self.do(f"keep {', '.join(last.red)}")
        return self.run
