"""Whatever a unit file holds, and whatever an option's text: an answer, or the refusal that is meant for it."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.model.globbing import matches
from fleet.model.names import InvalidNameError, UnitName, mangle, validate
from fleet.model.unitfile import Option, ParseError, UnitFile
from fleet.model.xfleet import KNOWN_KEYS, SECTION, InvalidOptionsError, Requirements, unknown_keys
from fleet.model.xfleet import validate as validate_options

anything = st.text(max_size=120)
# With a byte that is not UTF-8, as a file may have it.
odd = st.text(st.sampled_from('ab=[]#;\\ \t\r\n\x00"%ni*?@-.,é\udcff'), max_size=60)
sections = st.sampled_from([SECTION, "Unit", "Service", "Install"]) | odd
keys = st.sampled_from(sorted(KNOWN_KEYS)) | odd
options = st.lists(st.builds(Option, sections, keys, odd), max_size=6)


@settings(deadline=None)
@given(anything | odd | odd.map(lambda text: f"[{SECTION}]\n{text}"))
def test_a_text_is_parsed_or_refused_and_its_hash_is_that_of_its_canonical_text(text: str) -> None:
    try:
        unit = UnitFile.parse(text)
    except ParseError:
        return
    again = UnitFile.parse(unit.text)
    assert (again.text, again.hash) == (unit.text, unit.hash)
    assert UnitFile.from_options(unit.options).hash == unit.hash


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_parsed_or_refused(raw: bytes) -> None:
    with suppress(ParseError):
        assert len(UnitFile.parse(raw.decode("utf-8", "surrogateescape")).hash) == 40


@settings(deadline=None, max_examples=40)
@given(options, odd)
def test_options_are_valid_or_refused_and_mean_something_if_they_are_valid(listed: list[Option], name: str) -> None:
    unit = UnitFile.from_options(listed)
    unknown_keys(unit)
    try:
        validate_options(unit)
    except (InvalidOptionsError, ParseError):
        return
    needs = Requirements.of(f"{name}@1.service", unit)
    needs.admits("m1", {"region": "a"})
    canonical = UnitFile.parse(unit.text)
    assert UnitFile.parse(canonical.text).hash == canonical.hash


@settings(deadline=None)
@given(odd | anything, odd | anything)
def test_a_glob_matches_or_does_not(pattern: str, name: str) -> None:
    assert matches(pattern, name) in (True, False)


@settings(deadline=None)
@given(odd | anything)
def test_a_name_is_valid_or_refused(text: str) -> None:
    name = UnitName(text)
    assert all(isinstance(part, str) for part in (name.type, name.stem, name.prefix, name.instance))
    assert name.is_template or name.template is None or name.template.is_template
    for given_name in (text, mangle(text)):
        with suppress(InvalidNameError):
            assert validate(given_name) == given_name
