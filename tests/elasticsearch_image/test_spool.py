"""The spool: nothing that it takes is lost by a crash, it is bounded, and says what it had to drop."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toolkit.recorder import segments, spool
from toolkit.recorder.spool import Document, Spool

LIMIT = 16 * segments.LEAST


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def documents(*numbers: int, size: int = 0) -> list[Document]:
    return [Document("event", str(number), {"n": number, "text": "x" * size}) for number in numbers]


def drained(spool: Spool) -> list[int]:
    found = []
    while (batch := spool.next()) is not None:
        found += [document.fields["n"] for document in batch.documents]
        spool.settle(batch)
    return found


def test_what_is_kept_comes_in_its_order_and_once(folder: Path) -> None:
    kept = Spool(folder, LIMIT)
    kept.keep(documents(1, 2))
    kept.keep(documents(3))
    assert drained(kept) == [1, 2, 3]
    assert drained(kept) == []
    kept.keep(documents(4))
    assert drained(kept) == [4]


def test_it_is_still_there_after_a_crash_and_what_is_settled_is_not(folder: Path) -> None:
    before = Spool(folder, LIMIT)
    before.keep(documents(1, 2))
    assert drained(before) == [1, 2]
    before.keep(documents(3))
    after = Spool(folder, LIMIT)
    after.keep(documents(4))
    assert drained(after) == [3, 4]


def test_what_is_taken_and_not_settled_comes_again(folder: Path) -> None:
    kept = Spool(folder, LIMIT)
    kept.keep(documents(1))
    assert kept.next() is not None
    assert drained(Spool(folder, LIMIT)) == [1]


def test_a_line_that_a_crash_has_torn_is_passed_over_and_the_next_ones_are_not(folder: Path) -> None:
    Spool(folder, LIMIT).keep(documents(1))
    (segment,) = folder.glob("*.jsonl")
    with segment.open("ab") as file:
        file.write(documents(2)[0].line()[:10])
    after = Spool(folder, LIMIT)
    after.keep(documents(3))
    assert drained(after) == [1, 3]


def test_a_line_that_a_disk_has_spoilt_is_passed_over(folder: Path) -> None:
    Spool(folder, LIMIT).keep(documents(1))
    (segment,) = folder.glob("*.jsonl")
    with segment.open("ab") as file:
        file.write(b'\xff\x00{"\n[1]\n')
    assert drained(Spool(folder, LIMIT)) == [1]


def test_it_takes_no_more_than_its_limit_and_says_what_it_has_dropped(folder: Path) -> None:
    kept = Spool(folder, LIMIT)
    for number in range(40):
        kept.keep(documents(number, size=segments.LEAST))
        assert sum(path.stat().st_size for path in folder.iterdir()) <= LIMIT + 2 * segments.LEAST
    left = drained(kept)
    assert left == list(range(40 - len(left), 40))
    assert kept.lost() == 40 - len(left) > 0
    assert kept.lost() == 0


def test_what_was_delivered_is_not_lost_when_its_segment_goes(folder: Path) -> None:
    kept = Spool(folder, LIMIT)
    for number in range(40):
        kept.keep(documents(number, size=segments.LEAST))
        assert drained(kept) == [number]
    assert kept.lost() == 0
    assert len(list(folder.glob("*.jsonl"))) <= 2


def test_a_full_disk_leaves_whole_lines_and_what_it_did_not_take_comes_after_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, write, room = Spool(folder, LIMIT), os.write, [60]

    def full(file: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(28, "No space left on device")
        written = write(file, bytes(data[: room[0]]))
        room[0] -= written
        return written

    monkeypatch.setattr("toolkit.recorder.segments.os.write", full)
    kept.keep(documents(1))
    kept.keep(documents(2))
    monkeypatch.undo()
    kept.keep(documents(3))
    assert drained(Spool(folder, LIMIT)) == [1, 2, 3]


def test_without_a_disk_memory_has_to_do_and_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "IN_MEMORY", 3)
    kept = Spool(folder, 0)
    kept.keep(documents(1, 2))
    batch = kept.next()
    assert batch is not None
    kept.keep(documents(3, 4))
    kept.settle(batch)
    assert drained(kept) == [3, 4]
    assert kept.lost() == 1
    assert not folder.exists()


def test_a_spool_that_somebody_removes_is_begun_anew(folder: Path) -> None:
    kept = Spool(folder, LIMIT)
    kept.keep(documents(1))
    for path in folder.iterdir():
        path.unlink()
    kept.keep(documents(2))
    assert drained(kept) == [2]


def test_a_mark_that_is_damaged_delivers_again_rather_than_loses(folder: Path) -> None:
    kept = Spool(folder, LIMIT)
    kept.keep(documents(1))
    drained(kept)
    kept.keep(documents(2))
    (folder / "delivered").write_text("[1,")
    assert drained(Spool(folder, LIMIT)) == [1, 2]


STEPS = st.lists(st.sampled_from(["keep", "take", "settle", "crash", "torn"]), max_size=40)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
def test_whatever_happens_every_document_comes_and_never_before_an_older_one_has(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    kept, batch, number, settled = Spool(folder, LIMIT), None, 0, []
    for step in steps:
        if step == "keep":
            kept.keep(documents(number), durably=False)
            number += 1
        elif step == "take":
            batch = kept.next()
        elif step == "settle" and batch is not None:
            settled += [document.fields["n"] for document in batch.documents]
            kept.settle(batch)
            batch = None
        elif step in ("crash", "torn"):
            for segment in sorted(folder.glob("*.jsonl"))[-1:] if step == "torn" else []:
                with segment.open("ab") as file:
                    file.write(b'["event"')
            kept, batch = Spool(folder, LIMIT), None
    settled += drained(kept)
    firsts = list(dict.fromkeys(settled))
    assert firsts == list(range(number))
    assert kept.lost() == 0


def test_while_the_disk_takes_nothing_memory_is_bounded_by_bytes_too(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kept = Spool(tmp_path / "file" / "spool", LIMIT)
    kept.keep(documents(*range(100), size=200_000))
    left = drained(kept)
    assert left == list(range(100 - len(left), 100))
    assert 3_000_000 < len(left) * 200_000 < spool.BYTES_IN_MEMORY
    assert kept.lost() == 100 - len(left)
