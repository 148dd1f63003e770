"""The machine's addresses in the raw text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudconfig.problems import Rejected
from cloudconfig.substitution import substitute

HERE = {"COREOS_PRIVATE_IPV4": "10.0.0.1", "COREOS_PUBLIC_IPV4": "8.0.0.1"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$private_ipv4", "10.0.0.1"),
        ("http://$public_ipv4:2379,x", "http://8.0.0.1:2379,x"),
        ("$private_ipv4$public_ipv4", "10.0.0.18.0.0.1"),
        ("$private_ipv4x", "10.0.0.1x"),
        (r"\$private_ipv4", "$private_ipv4"),
        (r"a\$private_ipv4 $private_ipv4", "a$private_ipv4 10.0.0.1"),
        ("$HOME ${private_ipv4} $private $$", "$HOME ${private_ipv4} $private $$"),
        ("# $private_ipv4", "# 10.0.0.1"),
    ],
)
def test_tokens(text: str, result: str) -> None:
    assert substitute(text, HERE) == result


def test_an_address_the_machine_does_not_have_is_an_error_with_its_line() -> None:
    with pytest.raises(Rejected) as caught:
        substitute("#cloud-config\n# $public_ipv6\nhostname: x\na: $private_ipv6 $private_ipv4\n", HERE)
    assert str(caught.value) == (
        "line 4: error: $private_ipv6 is not known on this machine: set COREOS_PRIVATE_IPV6 in /etc/environment"
    )


def test_an_escaped_address_needs_no_value() -> None:
    assert substitute(r"\$public_ipv6", {}) == "$public_ipv6"


@given(st.text().filter(lambda text: "_ipv" not in text))
def test_text_without_tokens_stays_as_it_is(text: str) -> None:
    assert substitute(text, HERE) == text


@given(st.text(alphabet="ab $\n:-"), st.text(alphabet="ab $\n:-"))
def test_substitution_never_changes_the_number_of_lines(before: str, after: str) -> None:
    text = f"{before}$private_ipv4{after}"
    assert substitute(text, HERE).count("\n") == text.count("\n")
