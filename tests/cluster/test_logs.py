"""`cluster logs` and `cluster status`: what a person or a script is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cluster.errors import InfraError
from cluster.logs import Tail, matching, ordered, pattern


def line(at: float, message: str, unit: str = "es@1.service") -> str:
    return json.dumps({"__REALTIME_TIMESTAMP": str(int(at * 1e6)), "UNIT": unit, "MESSAGE": message}) + "\n"


ANY = matching("", 0.0, pattern(""))


def test_machines_are_shown_in_one_order_of_time(tmp_path: Path) -> None:
    one, two = tmp_path / "core-01.jsonl", tmp_path / "core-02.jsonl"
    one.write_text(line(1, "a") + line(3, "c"))
    two.write_text(line(2, "b"))
    found = list(ordered([Tail(one), Tail(two)], ANY))
    assert [(record.machine, record.message) for record in found] == [
        ("core-01", "a"),
        ("core-02", "b"),
        ("core-01", "c"),
    ]


def test_what_is_followed_is_shown_once_and_in_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "core-01.jsonl"
    tail = Tail(path)
    assert tail.records() == []
    first, second = line(1, "a"), line(2, "b")
    path.write_text(first + second[:10])
    assert [record.message for record in tail.records()] == ["a"]
    path.write_text(first + second)
    assert [record.message for record in tail.records()] == ["b"]
    assert tail.records() == []


def test_a_line_that_its_follower_told_twice_is_shown_once(tmp_path: Path) -> None:
    path = tmp_path / "core-01.jsonl"
    path.write_text(line(1, "a") * 2)
    assert len(Tail(path).records()) == 1


def test_a_line_that_a_machines_death_cut_short_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "core-01.jsonl"
    path.write_text(line(1, "a")[:20] + "\n" + line(2, "b"))
    assert [record.message for record in Tail(path).records()] == ["b"]


@pytest.mark.parametrize(
    ("unit", "after", "text", "shown"),
    [
        ("es@1", 0.0, "", ["a", "master lost"]),
        ("es@1.service", 0.0, "", ["a", "master lost"]),
        ("", 1.5, "", ["b", "master lost"]),
        ("", 0.0, "^master", ["master lost"]),
    ],
)
def test_only_what_is_wanted_is_shown(tmp_path: Path, unit: str, after: float, text: str, shown: list[str]) -> None:
    path = tmp_path / "core-01.jsonl"
    path.write_text(line(1, "a") + line(2, "b", "fleet.service") + line(3, "master lost"))
    found = ordered([Tail(path)], matching(unit, after, pattern(text)))
    assert [record.message for record in found] == shown


def test_what_is_no_regular_expression_is_refused() -> None:
    with pytest.raises(InfraError, match=r"--grep \("):
        pattern("(")
