"""The table of docs/faults.md: `python -m cluster.faults.table` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator

from cluster.faults.kinds import Kind, kinds
from cluster.faults.order import word
from cluster.settings import PROJECT

DOCS = PROJECT / "docs/faults.md"
HEAD = "| --- | --- | --- | --- |"
"""The line after which the rows begin; they end with the first empty line."""


def rows() -> Iterator[str]:
    """Give a row for each kind."""
    for kind in kinds().values():
        yield f"| `{kind.name}` | {_escaped(kind.targets.written)} | {kind.description} | {_options(kind)} |"


def written(text: str) -> str:
    """Return the page with the rows as they should be."""
    before, _, after = text.partition(f"{HEAD}\n")
    _, _, rest = after.partition("\n\n")
    return "".join([before, f"{HEAD}\n", *(f"{row}\n" for row in rows()), "\n", rest])


def _options(kind: Kind) -> str:
    return "; ".join(
        f"`{name}={word(option.default)}` {option.help}"
        + (f" ({', '.join(map(word, option.choices))})" if len(option.choices) > 1 else "")
        for name, option in kind.options.items()
    )


def _escaped(text: str) -> str:
    return text.replace("|", "or")


if __name__ == "__main__":
    DOCS.write_text(written(DOCS.read_text()))
