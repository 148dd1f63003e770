"""Files are replaced whole, or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from cloudconfig import tree


def test_a_file_and_its_folders_appear_with_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    tree.write(path, b"x", 0o4750, None)
    assert path.read_bytes() == b"x"
    assert path.stat().st_mode & 0o7777 == 0o4750
    assert path.parent.stat().st_mode & 0o777 == 0o755


def test_a_reader_of_the_old_file_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    tree.write(path, b"old", 0o644, None)
    with path.open("rb") as reader:
        tree.write(path, b"new", 0o600, None)
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(OSError, match="directory"):
        tree.write(tmp_path / "x", b"new", 0o644, None)
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_a_mount_point_is_written_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hosts").write_text("longer than before")

    def busy(self: Path, target: Path) -> Path:
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(Path, "replace", busy)
    tree.write(tmp_path / "hosts", b"new", 0o644, None)
    assert (tmp_path / "hosts").read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["hosts"]
