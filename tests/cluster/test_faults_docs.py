"""docs/faults.md lists the kinds that there are."""

from cluster.faults import kinds, table


def test_the_table_is_that_of_the_kinds() -> None:
    text = table.DOCS.read_text()
    assert table.written(text) == text, "run: python -m cluster.faults.table"
    assert all(f"| `{name}` |" in text for name in kinds())


def test_a_kind_that_is_missing_is_missed() -> None:
    text = table.DOCS.read_text()
    without = "".join(line for line in text.splitlines(keepends=True) if "| `kill-machine` |" not in line)
    assert without != text
    assert table.written(without) == text
