"""What an open page costs is read from what machines print, and nodes that are not there cost no nothing."""

from __future__ import annotations

import subprocess

import pytest

from cluster.bench import watching
from cluster.bench.idling import cost, measure
from cluster.bench.watching import added, spent
from cluster.errors import InfraError


def test_the_command_tells_a_processes_time_and_memory() -> None:
    command = measure("echo $PPID") % "0"
    told = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    assert cost(told, 1).memory > 1


def test_a_process_that_is_not_there_costs_no_nothing() -> None:
    command = measure("true") % "0"
    told = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False).stdout
    with pytest.raises(InfraError, match="cannot be read"):
        cost(told, 1)


def test_no_node_is_an_error() -> None:
    with pytest.raises(InfraError, match="no node runs"):
        spent([], 1)


class Page:
    """A browser on a page that asks until its button is pressed, and again when it is pressed again."""

    def __init__(self) -> None:
        self.asks = True

    @property
    def text(self) -> str:
        return "Pause" if self.asks else "Resume"

    def all(self, css: str) -> list[Page]:
        return [self]

    def click(self) -> None:
        self.asks = not self.asks


def test_nodes_that_calm_down_by_themselves_make_a_page_neither_cheap_nor_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    page, shares = Page(), iter(range(19, 9, -1))
    monkeypatch.setattr(watching, "spent", lambda machines, seconds: next(shares) + (2.5 if page.asks else 0.0))
    quiet, more = added(page, [])  # type: ignore[arg-type]
    assert (quiet, more) == (pytest.approx(14.6, abs=0.2), pytest.approx(2.5, abs=0.25))
