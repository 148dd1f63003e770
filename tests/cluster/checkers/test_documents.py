"""Documents: whatever becomes of an acknowledged one is found, and what nobody promised is not held against anybody."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cluster.checkers.story import Story

LOST, SOME, DIRTY, AGREE = "acknowledged document is lost", "every copy has", "is dirty", "same documents"
COPIES = ("core-01", "core-02", "core-03", "core-04")
DOCUMENTS = [f"doc-{number}" for number in range(1, 8)]


def lack(documents: set[str], copies: Iterable[str] = COPIES) -> dict[str, set[str]]:
    """These copies have none of these documents."""
    return {name: set(documents) for name in copies}


def written(*outcomes: str) -> Story:
    """A document for each outcome, a second apart."""
    story = Story()
    for number, outcome in enumerate(outcomes, start=1):
        story.write(f"doc-{number}", float(number), outcome)
    return story


def read_back(story: Story, at: float = 100.0, lacking: dict[str, set[str]] | None = None) -> Story:
    """All copies are asked for all documents; each machine's lacks some."""
    documents = {line["document"] for line in story.lines if line.get("f") == "create"}
    return story.copies(at, documents, {name: documents - (lacking or {}).get(name, set()) for name in COPIES})


def test_what_every_copy_has_is_not_lost() -> None:
    story = read_back(written("ok", "ok"))
    assert [story.verdict(question).status for question in (LOST, SOME, DIRTY, AGREE)] == ["passed"] * 4


def test_what_no_copy_has_is_lost_and_told_with_its_time_and_its_node() -> None:
    verdict = read_back(written("ok", "ok"), lacking=lack({"doc-2"})).verdict(LOST)
    assert verdict.complaints == ("doc-2 of ledger, acknowledged at 2.1 through core-01, is on none of 4 copies",)
    assert read_back(written("ok", "ok"), lacking=lack({"doc-2"})).verdict(SOME).status == "passed"


def test_what_one_copy_lacks_is_lost_there_and_the_copies_disagree() -> None:
    story = read_back(written("ok", "ok"), lacking={"core-03": {"doc-1"}})
    assert story.verdict(LOST).status == "passed"
    assert "is not on core-03" in story.verdict(SOME).complaints[0]
    assert story.verdict(AGREE).status == "failed"


def test_a_refused_document_that_is_there_is_dirty() -> None:
    assert "was refused and is there" in read_back(written("ok", "fail")).verdict(DIRTY).complaints[0]
    gone = read_back(written("ok", "fail"), lacking=lack({"doc-2"}))
    assert gone.verdict(DIRTY).status == "passed"


def test_a_document_that_was_read_and_then_is_gone_without_having_been_acknowledged_is_dirty() -> None:
    story = written("ok", "unknown").read("doc-2", 3.0)
    gone = read_back(story, lacking=lack({"doc-2"}))
    assert "was read at 3.1 and is on no copy" in gone.verdict(DIRTY).complaints[0]
    assert read_back(written("ok", "unknown").read("doc-2", 3.0)).verdict(DIRTY).status == "passed"


def test_what_was_not_answered_may_be_there_or_not_but_not_on_some_copies_when_it_has_settled() -> None:
    one_has_it = lack({"doc-2"}, COPIES[1:])
    assert read_back(written("ok", "unknown"), 50.0, one_has_it).verdict(AGREE).status == "passed"
    assert read_back(written("ok", "unknown"), 100.0, one_has_it).verdict(AGREE).status == "failed"
    assert read_back(written("ok", "unknown"), 100.0, one_has_it).verdict(LOST).status == "passed"


def test_a_write_that_is_under_way_while_the_copies_are_read_is_not_missed() -> None:
    story = read_back(written("ok"), at=50.0).write("doc-9", 50.02)
    assert story.verdict(LOST).status == "unknown"  # nobody has looked for it since
    assert story.copies(60, ["doc-9"], {"core-01": ["doc-9"]}).verdict(LOST).status == "passed"


def test_documents_that_nobody_has_looked_for_are_unknown_and_named() -> None:
    verdict = written("ok", "ok").verdict(LOST)
    assert (verdict.status, verdict.blind) == ("unknown", "never read from every copy: doc-1..2 of ledger")


def test_a_document_that_comes_back_was_lost_all_the_same() -> None:
    story = read_back(written("ok"), 50.0, lack({"doc-1"}))
    assert read_back(story, 60.0).verdict(LOST).status == "failed"


def test_fewer_copies_than_meant_or_two_on_one_machine_are_told() -> None:
    three = Story().write("d", 1).copies(5, ["d"], {name: ["d"] for name in COPIES[:3]})
    assert "3 of 4 copies of ledger" in three.verdict("replicas").complaints[0]
    assert read_back(written("ok")).verdict("replicas").status == "passed"
    twice = Story().write("d", 1).copies(5, ["d"], {"core-01": ["d"]}, expected=2)
    copies = twice.lines[-1]["value"]["copies"]
    copies.append(copies[0])
    assert twice.verdict("replicas").status == "failed"


@settings(deadline=None)  # a busy host is slow at times
@given(st.lists(st.sampled_from(["ok", "fail", "unknown"]), min_size=1, max_size=8), st.data())
def test_an_acknowledged_document_that_goes_is_always_found(outcomes: list[str], data: st.DataObject) -> None:
    acked = [f"doc-{n}" for n, outcome in enumerate(outcomes, start=1) if outcome == "ok"]
    refused = {f"doc-{n}" for n, outcome in enumerate(outcomes, start=1) if outcome == "fail"}
    fine = lack(refused)
    well = read_back(written(*outcomes), lacking=fine)
    assert well.verdict(LOST).status == ("passed" if acked else "unknown")
    assert well.verdict(DIRTY).status == "passed"
    if acked:
        gone = data.draw(st.sets(st.sampled_from(acked), min_size=1))
        lost = read_back(written(*outcomes), lacking=lack(refused | gone)).verdict(LOST)
        assert len(lost.complaints) == len(gone)
        copies = data.draw(st.sets(st.sampled_from(COPIES), min_size=1, max_size=3))
        some = {name: refused | (gone if name in copies else set()) for name in COPIES}
        assert len(read_back(written(*outcomes), lacking=some).verdict(SOME).complaints) == len(gone)
        assert read_back(written(*outcomes), lacking=some).verdict(LOST).status == "passed"


@settings(deadline=None)  # a busy host is slow at times
@given(st.permutations(DOCUMENTS), st.sets(st.sampled_from(DOCUMENTS)))
def test_the_order_of_the_reads_changes_no_verdict(order: list[str], gone: set[str]) -> None:
    def read(documents: list[str]) -> list[str]:
        story = written(*["unknown"] * len(DOCUMENTS))
        for number, document in enumerate(documents):
            story.read(document, 20 + number)
        return sorted(read_back(story, lacking=lack(gone)).verdict(DIRTY).complaints)

    def without_times(complaints: list[str]) -> list[str]:
        return [complaint.partition(" was read")[0] for complaint in complaints]

    assert without_times(read(order)) == without_times(read(DOCUMENTS))
    assert len(read(order)) == len(gone)
