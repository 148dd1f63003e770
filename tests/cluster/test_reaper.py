"""The reaper: it acts when its maker is gone, and only then."""

from __future__ import annotations

import io
import sys

import pytest

from cluster import reaper
from cluster.reaper import KEEP


@pytest.mark.parametrize(("said", "removed"), [("", 1), (KEEP, 0)])
def test_the_end_of_the_pipe_removes_and_keep_does_not(
    monkeypatch: pytest.MonkeyPatch, said: str, removed: int
) -> None:
    calls: list[str] = []

    class Counted:
        def __init__(self, settings: object) -> None: ...

        def down(self) -> None:
            calls.append("down")

    monkeypatch.setattr(reaper, "Cluster", Counted)
    monkeypatch.setattr(sys, "stdin", io.StringIO(said))
    assert reaper.main() == 0
    assert len(calls) == removed
