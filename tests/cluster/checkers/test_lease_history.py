"""The lease, as the history tells it: keys and processes of each label are judged apart."""

from __future__ import annotations

from tests.cluster.checkers.story import LABEL, Story

HOLDERS, ORDER, STARTS = "never two holders", "after its predecessor", "while it holds"


def test_one_start_after_another_is_fine() -> None:
    story = Story().booted().started(10, 1).started(20, 2)
    assert [story.verdict(words).status for words in (HOLDERS, ORDER, STARTS)] == ["passed"] * 3


def test_a_holder_that_overwrites_another_is_told() -> None:
    story = Story().lock(1, 1, 1, "x").lock(2, 2, 2, "y").lock(3, 3, None)
    assert story.verdict(HOLDERS).status == "failed"


def test_a_process_that_began_without_the_lease_is_told() -> None:
    story = Story().started(10, 1).tell("process", 30.0, machine="core-02", node=f"{LABEL}-2")
    assert story.verdict(STARTS).status == "failed"


def test_a_claim_that_is_heard_late_on_a_host_that_starves_is_no_trouble_but_one_that_never_came_is() -> None:
    story = Story().booted().lock(20, 1, 1).lock(20.5, 2, 1, "s").lock(22, 3, None)
    story.tell("process", 18.0, machine="core-01", node=f"{LABEL}-1")
    assert story.verdict(STARTS).status == "failed"
    assert story.tell("clock", 5.0, machine="core-02", offset=0.0, uncertainty=1.2).verdict(STARTS).status == "passed"
    assert story.tell("process", 10.0, machine="core-01", node=f"{LABEL}-1").verdict(STARTS).status == "failed"


def test_a_process_that_was_killed_before_its_first_word_is_no_trouble() -> None:
    story = Story().booted().started(10, 1).lock(20, 200, 2).lock(20.5, 201, 2, "s").lock(22, 202, None)
    assert story.verdict(STARTS).status == "passed"


def test_another_labels_lease_is_another_lease() -> None:
    value = '{"holder": "elasticsearch_audit-1", "ip": "m", "start": "z"}'
    other = {"key": "/locks/elasticsearch_audit", "value": value}
    story = Story().started(10, 1).started(20, 2).tell("key", 10.2, **other, revision=103)
    assert story.verdict(HOLDERS).status == "passed"
