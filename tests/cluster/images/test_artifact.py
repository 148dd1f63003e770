"""The official release is taken only with the pinned checksum."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from cluster.images.artifact import ChecksumMismatch, fetch, unpack

COORDINATES = "org.elasticsearch:elasticsearch:tar.gz:1.7.6"


def quiet(_: str) -> None:
    """Say nothing."""


def test_a_kept_file_with_the_pinned_checksum_is_not_downloaded_again(tmp_path: Path) -> None:
    kept = tmp_path / "elasticsearch-1.7.6.tar.gz"
    kept.write_bytes(b"release")
    assert fetch(COORDINATES, hashlib.sha256(b"release").hexdigest(), tmp_path, pytest.fail) == kept


def test_a_broken_checksum_is_refused_with_both_sums_and_nothing_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "elasticsearch-1.7.6.tar.gz"
    kept.write_bytes(b"tampered")
    with pytest.raises(ChecksumMismatch, match=hashlib.sha256(b"tampered").hexdigest()) as refusal:
        fetch(COORDINATES, "0" * 64, tmp_path, quiet)
    assert "0" * 64 in str(refusal.value)
    assert not kept.exists()


def test_unpacking_leaves_out_the_top_folder(tmp_path: Path) -> None:
    archive = tmp_path / "release.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo("elasticsearch-1.7.6/bin/elasticsearch")
        member.size = 2
        tar.addfile(member, io.BytesIO(b"#!"))
    unpack(archive, tmp_path / "out")
    assert (tmp_path / "out" / "bin" / "elasticsearch").read_bytes() == b"#!"
