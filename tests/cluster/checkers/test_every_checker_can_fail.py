"""Sabotaged histories: each checker is red on the bad one of a pair and green on its good twin. None is left out."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from cluster import checkers
from cluster.checkers import Run, Start, Verdict, View, books_in
from cluster.history import Health
from cluster.leases import Claim, Hold
from cluster.listings import Given, Listing
from tests.cluster.checkers.story import Story

FIRST = Hold("a", 10, 10, 20, 20, address="m1", claims=(Claim("x", 11, 11),))
SECOND = Hold("b", 21, 21, 30, 30, address="m2", claims=(Claim("y", 22, 22),))
LATE = replace(FIRST, until=25, until_revision=25)
STARTS = [Start("a", "m1", 12), Start("b", "m2", 23)]
NEW = Given("a", "m1", frozenset({"m2:9300"}), since=5, until=9)

WELL = Story().write("d1", 1).write("d2", 2, "fail").copies(9, ["d1", "d2"], {"m1": ["d1"], "m2": ["d1"]}, expected=2)
GONE = Story().write("d1", 1).copies(9, ["d1"], {"m1": [], "m2": []}, expected=2)
HALF = Story().write("d1", 1).copies(9, ["d1"], {"m1": ["d1"], "m2": []}, expected=2)
BACK = Story().write("d1", 1, "fail").copies(9, ["d1"], {"m1": ["d1"], "m2": ["d1"]}, expected=2)
LESS = Story().write("d1", 1).copies(9, ["d1"], {"m1": ["d1"]}, expected=2)
SAID = Story().unit(1, "m1", "active")
BAD = Story().tell("mark", 1, machine="m1", unit="kernel", text="kernel BUG at mm/slub.c", level="error")


def health(machine: str, master: str) -> list[Health]:
    return [Health(at=float(at), machine=machine, status="green", master=master) for at in range(0, 60, 5)]


Judged = Callable[[], Verdict]

TWINS: dict[str, tuple[Judged, Judged]] = {
    "never_two_holders": (
        lambda: checkers.never_two_holders([FIRST, SECOND]),
        lambda: checkers.never_two_holders([LATE, SECOND]),
    ),
    "each_starts_holding": (
        lambda: checkers.each_starts_holding(STARTS, [FIRST, SECOND]),
        lambda: checkers.each_starts_holding([STARTS[0], Start("b", "m2", 15)], [FIRST, SECOND]),
    ),
    "each_after_its_predecessor": (
        lambda: checkers.each_after_its_predecessor([FIRST, SECOND]),
        lambda: checkers.each_after_its_predecessor([LATE, SECOND]),
    ),
    "given_the_live_hosts": (
        lambda: checkers.given_the_live_hosts([NEW], [Listing(1, {"b": "m2:9300"})], frozenset()),
        lambda: checkers.given_the_live_hosts([NEW], [Listing(1, {"b": "m2:9300", "c": "m3:9300"})], frozenset()),
    ),
    "never_on_two_machines": (
        lambda: checkers.never_on_two_machines([Run("u", "m1", 0, 10), Run("u", "m2", 10)]),
        lambda: checkers.never_on_two_machines([Run("u", "m1", 0, 11), Run("u", "m2", 10)]),
    ),
    "one_master": (
        lambda: checkers.one_master({"a": View("x", 7), "b": View("x", 7)}, nodes=2),
        lambda: checkers.one_master({"a": View("x", 7), "b": View("y", 7)}, nodes=2),
    ),
    "one_master_accepted": (
        lambda: checkers.one_master_accepted([*health("m1", "x"), *health("m2", "x")], [], 26),
        lambda: checkers.one_master_accepted([*health("m1", "x"), *health("m2", "y")], [], 26),
    ),
    "acknowledged_documents_lost": (
        lambda: checkers.acknowledged_documents_lost(books_in(WELL.history)),
        lambda: checkers.acknowledged_documents_lost(books_in(GONE.history)),
    ),
    "some_copies_lost": (
        lambda: checkers.some_copies_lost(books_in(WELL.history)),
        lambda: checkers.some_copies_lost(books_in(HALF.history)),
    ),
    "dirty_documents": (
        lambda: checkers.dirty_documents(books_in(WELL.history)),
        lambda: checkers.dirty_documents(books_in(BACK.history)),
    ),
    "copies_disagree": (
        lambda: checkers.copies_disagree(books_in(WELL.history)),
        lambda: checkers.copies_disagree(books_in(HALF.history)),
    ),
    "replicas_as_meant": (
        lambda: checkers.replicas_as_meant(books_in(WELL.history)),
        lambda: checkers.replicas_as_meant(books_in(LESS.history)),
    ),
    "logs_as_allowed": (
        lambda: checkers.logs_as_allowed(SAID.history),
        lambda: checkers.logs_as_allowed(BAD.history),
    ),
}
"""By the checker's name: a good history judged, and the same history sabotaged."""


def all_checkers() -> set[str]:
    """The public functions of cluster/checkers/ that give a verdict on what was seen: of their own, not of others."""
    names = [module.name for module in pkgutil.iter_modules(checkers.__path__) if module.name != "verdict"]
    modules = [importlib.import_module(f"cluster.checkers.{name}") for name in names]
    functions = [pair for module in modules for pair in inspect.getmembers(module, inspect.isfunction)]
    found = {name: function for name, function in functions if name[0] != "_" and name != "together"}
    return {name for name, function in found.items() if function.__annotations__.get("return") == "Verdict"}


def test_each_checker_has_its_sabotaged_history() -> None:
    assert all_checkers() == TWINS.keys()


@pytest.mark.parametrize("name", TWINS)
def test_the_good_history_passes_and_the_sabotaged_one_fails_and_says_why(name: str) -> None:
    good, bad = TWINS[name]
    assert good().status == "passed"
    assert bad().status == "failed"
    assert all(bad().complaints)
