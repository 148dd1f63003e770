"""Telling a person what goes on, line by line."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str], None]


def silent(line: str) -> None:
    """Tell nobody."""
