"""A real run (a machine was killed under load, its instance moved), judged; and what is said of it when it is doctored.

Recorded by `e2e/test_machine_loss.py` on a cluster, and cut after its first story.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cluster.checkers import KnownIssues, judge
from cluster.history import parse
from cluster.history.folding import folded, unfolded

FILE = Path(__file__).with_name("machine_killed.jsonl")

Lines = list[dict[str, Any]]


@cache
def recorded() -> tuple[str, ...]:
    return tuple(FILE.read_text().splitlines())


def lines() -> Lines:
    return [json.loads(line) for line in recorded()]


def statuses(told: Lines) -> dict[str, str]:
    return {one.question: one.status for one in judge(parse(map(json.dumps, told)), KnownIssues())}


def test_the_run_as_it_was_passes_each_question() -> None:
    assert set(statuses(lines()).values()) == {"passed"}


def test_it_names_no_place_of_the_machine_that_it_was_recorded_on() -> None:
    assert "/home/" not in FILE.read_text()
    assert "/tmp/" not in FILE.read_text()


def without_a_document(told: Lines, copies: slice) -> Lines:
    """An acknowledged document is missing from these copies when they are read last."""
    last = [line for line in told if line.get("f") == "read-copies" and line["phase"] == "ok"][-1]
    for copy in last["value"]["copies"][copies]:
        copy["found"] = folded(unfolded(copy["found"]) - {"doc-7"})
    return told


def refused_and_there(told: Lines) -> Lines:
    next(line for line in told if line.get("f") == "create" and line["phase"] == "ok")["phase"] = "fail"
    return told


def a_copy_less(told: Lines) -> Lines:
    last = [line for line in told if line.get("f") == "read-copies" and line["phase"] == "ok"][-1]
    del last["value"]["copies"][0]
    return told


def another_master(told: Lines) -> Lines:
    for line in told:
        if line["kind"] == "health" and line["machine"] == "core-01" and line["master"]:
            line["master"] = "somebody else"
    return told


def a_release_less(told: Lines) -> Lines:
    released = next(line for line in told if line.get("key", "").startswith("/locks/") and line["value"] is None)
    told.remove(released)
    return told


def a_claim_less(told: Lines) -> Lines:
    first = next(line for line in told if line["kind"] == "process")
    return [line for line in told if line["kind"] != "key" or f'"{first["node"]}"' not in str(line["value"])]


def a_machine_that_went_on(told: Lines) -> Lines:
    """Neither the fault nor the journal tells that the machine's units had an end."""
    return [line for line in told if line["kind"] != "fault" and line.get("state") != "inactive"]


def a_bad_line(told: Lines) -> Lines:
    line = next(line for line in told if line["kind"] == "mark")
    return [*told, line | {"text": "java.lang.OutOfMemoryError: Java heap space", "level": "error"}]


DOCTORED: dict[str, Callable[[Lines], Lines]] = {
    "no acknowledged document is lost": lambda told: without_a_document(told, slice(None)),
    "every copy has every acknowledged document": lambda told: without_a_document(told, slice(1)),
    "the copies have the same documents": lambda told: without_a_document(told, slice(2)),
    "no document is dirty: refused, yet there; read, yet never there": refused_and_there,
    "as many replicas as meant, each on another machine": a_copy_less,
    "at most one master is accepted": another_master,
    "never two holders of the lease": a_release_less,
    "each node starts after its predecessor released": a_release_less,
    "each node starts while it holds the lease": a_claim_less,
    "no unit on two machines": a_machine_that_went_on,
    "nothing bad in the journals": a_bad_line,
}


@pytest.mark.parametrize("question", DOCTORED)
def test_the_same_run_doctored_fails_that_question(question: str) -> None:
    assert statuses(DOCTORED[question](lines()))[question] == "failed"


def test_each_question_has_its_doctored_run() -> None:
    assert DOCTORED.keys() | {"no known issue has expired"} == statuses(lines()).keys()
