"""The hash of what an image is made of: the same content, the same image, wherever and whenever it is built."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

DIGITS = 12
"""Hex digits of a content hash: enough for a tag that a person can compare."""


def content_hash(paths: Iterable[Path], *words: str) -> str:
    """Return the hash of the files under `paths` (names, executable bits, bytes) and of `words`, in hex.

    Compiled Python is left out: it comes and goes without meaning anything.
    """
    sha = hashlib.sha256()
    for word in words:
        sha.update(f"word {len(word)}\0{word}".encode())
    for root in paths:
        for path in _files(root):
            content = path.read_bytes()
            executable = path.stat().st_mode & 0o100
            name = path.relative_to(root.parent).as_posix()
            sha.update(f"file {name}\0{executable}\0{len(content)}\0".encode())
            sha.update(content)
    return sha.hexdigest()[:DIGITS]


def _files(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    found = (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sorted(found, key=lambda path: path.relative_to(root).as_posix())
