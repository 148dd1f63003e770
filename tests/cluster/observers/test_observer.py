"""Observers look until they are told to stop, once more then, and say so when they cannot go on."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from cluster import history
from cluster.eventually import eventually
from cluster.history import Observer as Told
from cluster.observers.observer import Observer


def test_an_observer_looks_again_and_again_and_a_last_time(tmp_path: Path) -> None:
    looks: list[int] = []
    with history.opened(tmp_path / "h.jsonl", {}):
        observer = Observer("eye", lambda: looks.append(1), every=0.01, last=True)
        eventually("it has looked", lambda: len(looks) > 3, within=5)
        observer.stop()
        seen = len(looks)
    assert [one.phase for one in history.read(tmp_path / "h.jsonl").of(Told)] == ["begin", "end"]
    assert len(looks) == seen


@pytest.mark.parametrize(("last", "seen"), [(True, 2), (False, 1)])
def test_a_last_look_comes_after_it_was_told_to_stop_where_it_is_wanted(last: bool, seen: int) -> None:
    looks: list[int] = []
    observer = Observer("eye", lambda: looks.append(1), every=60, last=last)
    eventually("it has looked", lambda: looks, within=5)
    observer.stop()
    assert len(looks) == seen


def test_it_looks_at_once_for_who_judges_what_has_happened_so_far() -> None:
    looks: list[int] = []
    observer = Observer("eye", lambda: looks.append(1), every=60, last=True)
    eventually("it has looked", lambda: looks, within=5)
    observer.catch_up()
    assert len(looks) == 2
    observer.stop()


def test_who_cannot_catch_up_is_told_of_once_and_keeps_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.observers.observer.CATCHES_UP", 0.05)
    hangs, looks = [True], list[int]()

    def look() -> None:
        looks.append(1)
        eventually("it ends", lambda: not hangs[0], within=30)

    with history.opened(tmp_path / "h.jsonl", {}):
        observer = Observer("eye", look, every=0.01, last=True)
        eventually("it looks", lambda: looks, within=5)
        observer.catch_up()
        observer.catch_up()
        hangs[0] = False
        observer.stop()
    told = history.read(tmp_path / "h.jsonl").of(Told)
    assert [(one.phase, one.why) for one in told] == [("begin", None), ("failed", "a look had no end in 0 s")]


def test_what_fails_as_it_catches_up_is_told_once_and_keeps_nobody(tmp_path: Path) -> None:
    looks: list[int] = []

    def look() -> None:
        looks.append(1)
        if len(looks) > 1:
            raise KeyError("master")

    with history.opened(tmp_path / "h.jsonl", {}):
        observer = Observer("eye", look, every=60, last=True)
        eventually("it has looked", lambda: looks, within=5)
        observer.catch_up()
        observer.catch_up()
        observer.stop()
    assert [one.phase for one in history.read(tmp_path / "h.jsonl").of(Told)] == ["begin", "failed"]


def test_one_that_fails_says_of_what_and_does_not_end_in_order(tmp_path: Path) -> None:
    def look() -> None:
        raise KeyError("master")

    with history.opened(tmp_path / "h.jsonl", {}):
        observer = Observer("eye", look, every=0.01, last=True)
        observer.stop()
    told = history.read(tmp_path / "h.jsonl").of(Told)
    assert [(one.name, one.phase, one.why) for one in told] == [
        ("eye", "begin", None),
        ("eye", "failed", "KeyError: 'master'"),
    ]


def test_one_that_hangs_is_told_of_and_keeps_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.observers.observer.ENDS", 0.05)
    hangs: list[bool] = [True]
    with history.opened(tmp_path / "h.jsonl", {}):
        look = partial(eventually, "it ends", lambda: not hangs[0], within=30)
        observer = Observer("eye", look, every=0.01, last=True)
        observer.stop()
        hangs[0] = False
    assert history.read(tmp_path / "h.jsonl").of(Told)[-1].why == "a look has had no end for 0 s"
