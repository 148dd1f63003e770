"""What is recorded is told in docs/marvel.md, and the sample documents are such as Elasticsearch is told to take."""

import json
import re
from pathlib import Path

import pytest
from toolkit.recorder.schema import EVENTS, PROPERTIES, template

ROOT = Path(__file__).parents[2]
SAMPLES = [json.loads(line) for line in (Path(__file__).parent / "history.jsonl").read_text().splitlines()]


def test_every_type_of_event_is_told_in_the_docs_and_no_other() -> None:
    table = (ROOT / "docs" / "marvel.md").read_text().partition("| `type` | `subject`")[2].partition("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines()[2:]]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(EVENTS)


def test_every_field_is_told_in_the_docs() -> None:
    text = (ROOT / "docs" / "marvel.md").read_text()
    assert [field for kind in PROPERTIES.values() for field in kind if f"`{field}`" not in text] == []


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["_id"][:40])
def test_a_sample_document_has_no_field_that_is_not_in_the_mapping(sample: dict[str, object]) -> None:
    assert set(sample["_source"]) - set(PROPERTIES[str(sample["_type"])]) == set()
    assert {"@timestamp", "seen", "observer", "machine", "cluster"} <= set(sample["_source"])


def test_the_samples_are_of_every_kind() -> None:
    assert {sample["_type"] for sample in SAMPLES} == set(PROPERTIES)
    assert {sample["_source"]["type"] for sample in SAMPLES if sample["_type"] == "event"} <= set(EVENTS)


def test_the_template_takes_no_field_that_it_does_not_know() -> None:
    mappings = template(2)["mappings"]
    assert {mapping["dynamic"] for mapping in mappings.values()} == {"strict"}
    assert not any(mapping["_all"]["enabled"] for mapping in mappings.values())
    assert template(2)["settings"]["number_of_replicas"] == 2
