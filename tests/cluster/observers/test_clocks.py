"""A machine's clock is only called wrong by what its answer proves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from cluster.machine import Machine
from cluster.observers.clocks import Clocks, certain


@pytest.mark.parametrize(
    ("offset", "uncertainty", "off"),
    [
        (1.74, 1.82, 0.0),
        (-0.08, 1.89, 0.0),
        (30.0, 0.5, 29.5),
        (-30.0, 0.5, -29.5),
        (0.02, 0.01, 0.01),
        (0.0, 0.0, 0.0),
    ],
    ids=["a slow answer", "a slow answer, late", "ahead", "behind", "a little ahead", "right"],
)
def test_a_slow_answer_moves_no_clock(offset: float, uncertainty: float, off: float) -> None:
    assert certain(offset, uncertainty) == pytest.approx(off)


def test_when_it_is_over_no_further_machine_is_asked() -> None:
    asked: list[str] = []
    answer = SimpleNamespace(stdout="0.0")
    machine = cast(Machine, SimpleNamespace(name="core-01", run=lambda command, **_: asked.append(command) or answer))
    clocks = Clocks([machine], base=lambda: 0.0)
    clocks()
    clocks.ended.set()
    clocks()
    assert len(asked) == 1
