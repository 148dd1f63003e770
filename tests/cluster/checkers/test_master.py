"""At most one master: a short overlap is how 1.7 is, a long one or one that takes writes on both sides is not."""

from __future__ import annotations

from tests.cluster.checkers.story import Story

ONE = "at most one master"


def views(until: float, old: str = "a", new: str = "b") -> Story:
    """core-01 names the old master until then, core-02 names the new one from 10 on; both are asked each 5 s."""
    story = Story()
    for at in range(0, 60, 5):
        if at <= until:
            story.health(at, "core-01", old)
        story.health(at, "core-02", old if at < 10 else new)
    return story


def test_one_master_after_another_is_fine() -> None:
    assert views(until=5).verdict(ONE).status == "passed"


def test_an_overlap_until_the_old_one_misses_the_others_is_fine() -> None:
    assert views(until=30).verdict(ONE).status == "passed"


def test_one_that_outlives_it_is_two_masters() -> None:
    verdict = views(until=40).verdict(ONE)
    assert verdict.complaints == ("core-01 named a and core-02 named b for 30.0 s from 10.0",)
    assert views(until=40, new="a").verdict(ONE).status == "passed"


def test_a_short_one_in_which_both_took_writes_is_two_masters() -> None:
    one = views(until=20).write("d1", 12, machine="core-01")
    assert one.verdict(ONE).status == "passed"
    assert "both took writes" in one.write("d2", 13, machine="core-02").verdict(ONE).complaints[0]
    refused = views(until=20).write("d1", 12, "fail", "core-01").write("d2", 13, machine="core-02")
    assert refused.verdict(ONE).status == "passed"


def test_a_view_that_was_not_told_again_counts_no_longer() -> None:
    story = Story().health(0, "core-01", "a").health(100, "core-01", "a")
    for at in range(0, 100, 5):
        story.health(at, "core-02", "b")
    assert story.verdict(ONE).status == "passed"


def test_nodes_that_name_no_master_are_no_observation() -> None:
    story = Story().health(1, "core-01", None, "no-master").health(2, "core-02", None, "silent")
    assert story.verdict(ONE).status == "unknown"
