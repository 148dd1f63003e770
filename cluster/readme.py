"""The README, read by the suite: what it shows is run as it stands there."""

from __future__ import annotations

from pathlib import Path

from cluster.settings import PROJECT

FENCE = "```"


def blocks(sentence: str, path: Path = PROJECT / "README.md") -> list[str]:
    """Return the blocks of commands that follow a line which begins so, up to the next line that begins in bold or #.

    Raises LookupError where there is no such line, or no block after it.
    """
    lines = iter(path.read_text().splitlines())
    if not any(line.startswith(sentence) for line in lines):
        raise LookupError(f"{path.name} has no line that begins with {sentence!r}")
    found: list[str] = []
    block: list[str] | None = None
    for line in lines:
        if line.startswith(FENCE):
            if block is not None:
                found.append("\n".join(block))
            block = [] if block is None else None
        elif block is not None:
            block.append(line)
        elif line.startswith(("**", "#")):
            break
    if not found:
        raise LookupError(f"{path.name} shows no commands after {sentence!r}")
    return found
