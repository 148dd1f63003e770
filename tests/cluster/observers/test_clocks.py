"""A machine's clock is only called wrong by what its answer proves."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from cluster import history
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


@pytest.mark.parametrize(("writes", "signed"), [("logger() { true; }; ", True), ("logger() { false; }; ", False)])
def test_only_a_sign_that_the_machine_says_to_have_written_is_one(tmp_path: Path, writes: str, signed: bool) -> None:
    def run(command: str, **_: object) -> SimpleNamespace:
        done = subprocess.run(["sh", "-c", writes + command], capture_output=True, text=True, check=True)
        return SimpleNamespace(stdout=done.stdout)

    with history.opened(tmp_path / "h.jsonl", {}):
        Clocks([cast(Machine, SimpleNamespace(name="core-01", run=run))])()
    (told,) = history.read(tmp_path / "h.jsonl").of(history.Clock)
    assert (told.sign is not None) is signed
    assert abs(told.offset) < 60


def test_when_it_is_over_no_further_machine_is_asked() -> None:
    asked: list[str] = []
    answer = SimpleNamespace(stdout="0.0")
    machine = cast(Machine, SimpleNamespace(name="core-01", run=lambda command, **_: asked.append(command) or answer))
    clocks = Clocks([machine], base=lambda: 0.0)
    clocks()
    clocks.ended.set()
    clocks()
    assert len(asked) == 1
