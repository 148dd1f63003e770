import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model.unitfile import Option, ParseError, UnitFile

SERVICE = "[Service]\nExecStart=/bin/sleep 100000\n"


@pytest.mark.parametrize(
    ("text", "sha1"),
    [
        ("[Unit]\nDescription=Svc A\n\n" + SERVICE, "456bd5b2fdc474e5eff1bdcefe5500f7e7af4ee1"),
        (
            "[Service]\nExecStart=/bin/sleep \\\n  100000\nExecStartPre=/bin/true\n\n[Unit]\nDescription=z  z\n",
            "8ff3970419987e172ba784ead27c857b748beb53",
        ),
        (SERVICE + '\n[X-Fleet]\nMachineMetadata="region=a" "disk=ssd"\n', "08c3840e59964bc03ed75e06ed90ed4c332e66d4"),
    ],
)
def test_the_hash_is_what_a_real_fleet_printed(text: str, sha1: str) -> None:
    unit = UnitFile.parse(text)
    assert (unit.text, unit.hash) == (text, sha1)


def test_the_canonical_text_groups_sections_and_drops_comments() -> None:
    text = """dropped [Service]
# a comment
  ; another \\
ExecStart = /bin/sleep \\
  100000

[Unit]
Description=z  z \t
[Service]
ExecStartPre=/bin/true"""
    canonical = "[Service]\nExecStart=/bin/sleep \\\n  100000\nExecStartPre=/bin/true\n\n[Unit]\nDescription=z  z\n"
    assert UnitFile.parse(text).text == canonical


def test_windows_line_ends_make_the_same_unit() -> None:
    text = "[Service]\nExecStart=/bin/a \\\n  b\nType=simple\n"
    assert UnitFile.parse(text.replace("\n", "\r\n")) == UnitFile.parse(text)


def test_a_text_without_a_section_is_an_empty_unit() -> None:
    assert UnitFile.parse("Description=nothing\n") == UnitFile()
    assert UnitFile().text == ""


def test_empty_values_are_kept_and_values_may_repeat() -> None:
    unit = UnitFile.parse("[Service]\nExecStart=\nExecStart=a=b\n")
    assert unit.values("Service", "ExecStart") == ("", "a=b")
    assert unit.values("Unit", "ExecStart") == ()


def test_a_continued_value_ends_at_a_blank_line() -> None:
    unit = UnitFile.parse("[S]\na=b \\\n\nc=d\n")
    assert unit.options == (Option("S", "a", "b \\\n"), Option("S", "c", "d"))
    assert UnitFile.parse(unit.text) == unit
    assert UnitFile.parse("[S]\na=b \\") == UnitFile.parse("[S]\na=b \\\n")


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("[Unit\n", 1, "unable to find end of section"),
        ("\n[Unit] x\n", 2, "unexpected text after section name"),
        ("[Unit]\na=b\nDescription\n", 3, "unexpected newline encountered while parsing option name"),
        ("[Unit]\na=" + 2046 * "x", 2, "line too long"),
        ("[Unit]\na=b \\  \nc=d", 2, "blanks after the backslash"),
        ("[Unit]\na=\\\n" + 2048 * "x", 3, "line too long"),
    ],
)
def test_an_error_says_its_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(ParseError, match=problem) as caught:
        UnitFile.parse(text)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"line {line}: ")


def test_the_longest_line_is_accepted() -> None:
    assert UnitFile.parse("[Unit]\na=" + 2045 * "x").options


# Text that stresses the grammar: its special characters are as likely as letters.
texts = st.text(st.sampled_from('ab=[]#;\\ \t\r\n%"é'), max_size=80)


@given(texts)
def test_the_canonical_text_of_anything_parses_to_the_same_canonical_text(body: str) -> None:
    try:
        unit = UnitFile.parse("[S]\n" + body)
    except ParseError:
        return
    assert UnitFile.parse(unit.text).text == unit.text
    assert UnitFile.parse(unit.text).hash == unit.hash


words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=12)
names = words.filter(lambda word: word and word[0] not in "[#;" and "=" not in word)
values = st.lists(words.filter(lambda word: not word.endswith("\\")), max_size=3).map(" ".join).map(str.strip)
options = st.builds(Option, st.sampled_from(["Unit", "Service", "X-Fleet"]), names, values)


@given(st.lists(options, max_size=8))
def test_parsing_the_canonical_text_gives_the_options_back_grouped_by_section(listed: list[Option]) -> None:
    unit = UnitFile.from_options(listed)
    sections = list(dict.fromkeys(option.section for option in listed))
    grouped = sorted(listed, key=lambda option: sections.index(option.section))
    assert list(UnitFile.parse(unit.text).options) == grouped
