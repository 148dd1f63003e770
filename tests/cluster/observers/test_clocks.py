"""A machine's clock is only called wrong by what its answer proves."""

from __future__ import annotations

import pytest

from cluster.observers.clocks import certain


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
