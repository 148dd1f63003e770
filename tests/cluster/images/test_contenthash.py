"""The content hash that decides whether an image is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.images.contenthash import DIGITS, content_hash


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "image"
    (folder / "files").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "files" / "run").write_text("#!/bin/sh\n")
    return folder


def test_the_same_content_has_the_same_hash_wherever_it_lies(tree: Path) -> None:
    before = content_hash([tree])
    assert content_hash([tree.rename(tree.parent.parent / "image")]) == before
    assert len(before) == DIGITS


def test_every_byte_name_mode_and_word_counts(tree: Path) -> None:
    seen = {content_hash([tree]), content_hash([tree], "word")}
    (tree / "files" / "run").write_text("#!/bin/bash\n")
    seen.add(content_hash([tree]))
    (tree / "files" / "run").chmod(0o755)
    seen.add(content_hash([tree]))
    (tree / "files" / "run").rename(tree / "files" / "go")
    seen.add(content_hash([tree]))
    assert len(seen) == 5


def test_words_do_not_run_into_one_another() -> None:
    assert content_hash([], "ab", "c") != content_hash([], "a", "bc")


def test_compiled_python_does_not_count(tree: Path) -> None:
    before = content_hash([tree])
    (tree / "__pycache__").mkdir()
    (tree / "__pycache__" / "main.cpython-311.pyc").write_bytes(b"\0")
    assert content_hash([tree]) == before
