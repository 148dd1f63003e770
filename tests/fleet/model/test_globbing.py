import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model.globbing import matches


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("web@*.service", "web@3.service"),
        ("*", ""),
        ("?.service", "a.service"),
        ("[a-c]x", "bx"),
        ("[^a-c]x", "dx"),
        (r"\*", "*"),
        (r"[\-]", "-"),
        ("a*b*c", "aXbYbc"),
        ("[!]", "!"),
        ("a.b", "a.b"),
        ("[/]", "/"),
    ],
)
def test_a_pattern_matches(pattern: str, name: str) -> None:
    assert matches(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("web@*.service", "web.service"),
        ("*", "a/b"),
        ("?", "/"),
        ("a.b", "axb"),
        ("a", "ab"),
        ("[^a]", "a"),
        ("[z-a]", "m"),
        ("a*b", "abc"),
    ],
)
def test_a_pattern_does_not_match(pattern: str, name: str) -> None:
    assert not matches(pattern, name)


@pytest.mark.parametrize("pattern", ["[", "[]", "[]a]", "[-]", "[a-]", "[a", "a\\", "[a\\", "[^]"])
def test_a_malformed_pattern_matches_nothing(pattern: str) -> None:
    assert not any(matches(pattern, name) for name in ("", "a", "[", "]", "-", pattern))


def test_many_stars_take_no_exponential_time() -> None:
    assert not matches("*a" * 40 + "b", "a" * 250)


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_stars_and_question_marks_mean_what_the_shell_means(pattern: str, name: str) -> None:
    assert matches(pattern, name) == fnmatch.fnmatchcase(name, pattern)


@given(st.text(max_size=20))
def test_a_quoted_text_matches_itself(name: str) -> None:
    assert matches("".join(f"\\{character}" for character in name), name)
