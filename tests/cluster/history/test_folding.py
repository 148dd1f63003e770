"""Folding: no id is lost or made up on the way into a history and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cluster.history.folding import folded, unfolded

names = st.one_of(
    st.integers(0, 30).map("doc-{}".format), st.text().filter(lambda text: ".." not in text), st.from_regex("[a1]{,4}")
)


def test_rows_of_numbered_documents_are_one_word() -> None:
    assert folded([f"doc-{n}" for n in [*range(1, 10), 11, *range(13, 1001)]]) == [
        "doc-1..9",
        "doc-11",
        "doc-13..1000",
    ]
    assert folded(["b", "a", "doc-07"]) == ["a", "b", "doc-07"]


@settings(deadline=None)  # a busy host is slow at times
@given(st.lists(names))
def test_what_was_folded_is_had_back(names: list[str]) -> None:
    assert unfolded(folded(names)) == set(names)
    assert folded(unfolded(folded(names))) == folded(reversed(names))


def test_an_id_that_could_not_be_told_from_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match="two dots"):
        folded(["doc-1..3"])
