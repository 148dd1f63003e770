"""The official release is taken only with the pinned checksum."""

from __future__ import annotations

import hashlib
import io
import socket
import tarfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest

from cluster.errors import InfraError
from cluster.images import artifact
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


def test_two_that_need_it_at_once_download_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the workers of a first run do."""
    parts: list[Path] = []
    both = Barrier(2, timeout=1)

    def download(_: object, part: Path) -> None:
        parts.append(part)
        with suppress(BrokenBarrierError):  # the other one is here, too, unless it waits outside
            both.wait()
        part.write_bytes(b"release")

    monkeypatch.setattr(artifact, "_download", download)
    pinned = hashlib.sha256(b"release").hexdigest()
    with ThreadPoolExecutor() as pool:
        fetched = [pool.submit(fetch, COORDINATES, pinned, tmp_path / "downloads", quiet) for _ in range(2)]
        assert [one.result().read_bytes() for one in fetched] == [b"release"] * 2
    assert len(parts) == 1


def test_unpacking_leaves_out_the_top_folder(tmp_path: Path) -> None:
    archive = tmp_path / "release.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo("elasticsearch-1.7.6/bin/elasticsearch")
        member.size = 2
        tar.addfile(member, io.BytesIO(b"#!"))
    unpack(archive, tmp_path / "out")
    assert (tmp_path / "out" / "bin" / "elasticsearch").read_bytes() == b"#!"


def test_a_download_that_fails_says_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{closed.getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with pytest.raises(InfraError, match=r"the download failed: .*refused"):
            fetch(COORDINATES, "0" * 64, tmp_path, quiet)
    assert list(tmp_path.iterdir()) == []


def test_a_download_from_which_nothing_comes_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "SILENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with pytest.raises(InfraError, match=r"the download failed: .*timed out"):
            fetch(COORDINATES, "0" * 64, tmp_path, quiet)
