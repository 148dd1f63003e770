"""Tables as fleetctl prints them: columns padded by tabs, the last one not, so that scripts can split at blanks."""

from collections.abc import Sequence

TAB = 8


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """The rows as lines. A column is as wide as its widest cell and a blank, rounded up to whole tabs."""
    widths = [max(map(len, column)) // TAB * TAB + TAB for column in zip(*rows, strict=True)]
    return "\n".join("".join(_cells(row, widths)) for row in rows)


def _cells(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    padded = [cell + "\t" * -(-(width - len(cell)) // TAB) for cell, width in zip(row[:-1], widths, strict=False)]
    return [*padded, row[-1]]
