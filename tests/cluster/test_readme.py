"""The README's blocks of commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.readme import blocks

TEXT = """# Title
**One.** Words:

```
first one
  # no heading
```
and

```
second
```
**Two** has none.
# Three
```
third
```
"""


@pytest.fixture
def readme(tmp_path: Path) -> Path:
    path = tmp_path / "README.md"
    path.write_text(TEXT)
    return path


def test_the_blocks_of_a_sentence_are_those_up_to_the_next_one(readme: Path) -> None:
    assert blocks("**One.**", readme) == ["first one\n  # no heading", "second"]
    assert blocks("# Three", readme) == ["third"]


@pytest.mark.parametrize("sentence", ["**Two**", "**Four**"])
def test_commands_that_are_not_there_are_an_error(readme: Path, sentence: str) -> None:
    with pytest.raises(LookupError, match=r"README\.md"):
        blocks(sentence, readme)


def test_the_readme_shows_how_a_second_cluster_is_made_and_removed() -> None:
    assert len(blocks("**A second cluster**")) == 4
