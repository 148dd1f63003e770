"""Those that are left have a master when all of them say so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from cluster.checkers import View
from cluster.cluster import Cluster
from cluster.machine import Machine
from cluster.survivors import Survivors

A, B, LOST = (SimpleNamespace(name=name, address=name) for name in ("a", "b", "lost"))


def left(monkeypatch: pytest.MonkeyPatch, views: dict[str, View], *nodes: SimpleNamespace) -> Survivors:
    """Those that are left, with what they say of their master, and the machines of the nodes that they count."""
    survivors = Survivors(cast(Cluster, SimpleNamespace(machines=[A, B, LOST])), cast(Machine, LOST))
    monkeypatch.setattr(survivors.es, "views", lambda: views)
    monkeypatch.setattr(survivors.es, "nodes", lambda: nodes)
    return survivors


def test_all_name_the_same_master(monkeypatch: pytest.MonkeyPatch) -> None:
    assert left(monkeypatch, {"a": View("x", 7), "b": View("x", 6)}, A, B).have_a_master()


def test_one_that_names_none_is_enough_for_no_master(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not left(monkeypatch, {"a": View("x", 7), "b": View(None, 0)}, A, B).have_a_master()


def test_two_masters_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not left(monkeypatch, {"a": View("x", 7), "b": View("y", 7)}, A, B).have_a_master()


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not left(monkeypatch, {}, A, B).have_a_master()


def test_the_master_still_counts_a_lost_node(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not left(monkeypatch, {"a": View("x", 7), "b": View("x", 7)}, A, B, LOST).have_a_master()
