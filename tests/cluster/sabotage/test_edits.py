"""A unit's text is sabotaged exactly where it was meant to be, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.sabotage import units
from cluster.sabotage.sabotage import Edit
from cluster.settings import Settings

TEXTS = {"a@.service": "Restart=always\nWants=b\n", "b@.service": "Restart=always\n"}


def test_only_the_named_unit_is_changed() -> None:
    changed = units.edited(TEXTS, [Edit("a@.service", "Restart=always", "Restart=no")])
    assert changed == {"a@.service": "Restart=no\nWants=b\n", "b@.service": "Restart=always\n"}


def test_edits_are_made_in_their_order() -> None:
    edits = [Edit("b@.service", "always", "never"), Edit("b@.service", "=never", "=no")]
    assert units.edited(TEXTS, edits)["b@.service"] == "Restart=no\n"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit("a@.service", "Restart=never", "x"), "has not once but 0 times: 'Restart=never'"),
        (Edit("a@.service", "a", "x"), "has not once but 4 times: 'a'"),
        (Edit("c@.service", "a", "x"), "there is no unit c@.service, only a@.service, b@.service"),
        (Edit("a@.service", "Wants=b", "Wants=b"), "the edit changes nothing"),
    ],
)
def test_an_edit_that_does_not_fit_is_an_error_that_says_what_was_looked_for(edit: Edit, words: str) -> None:
    with pytest.raises(units.EditDoesNotFit, match=words):
        units.edited(TEXTS, [edit])


def test_all_units_lie_in_a_folder_inside_the_project_and_nothing_of_the_last_sabotage_stays(tmp_path: Path) -> None:
    (tmp_path / "units").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "units" / name).write_text(text)
    settings = Settings(name="trial", project=tmp_path)

    units.write(settings, [Edit("a@.service", "always", "no")])
    folder = units.write(settings, [Edit("b@.service", "always", "no")])

    written = {path.name: path.read_text() for path in (tmp_path / folder).iterdir()}
    assert written == TEXTS | {"b@.service": "Restart=no\n"}
    assert folder == ".cluster/trial/sabotage/units"
    assert Settings(name="trial", units=folder).shared_units == f"/home/core/share/{folder}"
