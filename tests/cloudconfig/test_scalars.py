"""No YAML typing: what stands in the file is what a field gets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudconfig import config
from cloudconfig.config import CloudConfig

Read = Callable[[str], CloudConfig]
Mistakes = Callable[[str], list[str]]


@pytest.mark.parametrize("text", ["0644", "off", "3", "1:2", "2.50", "1e3", "0x10", "2026-01-01", "yes", "1_000"])
def test_a_string_field_keeps_the_text(text: str, read: Read) -> None:
    assert read(f"coreos: {{fleet: {{metadata: {text}}}}}").fleet["metadata"] == text


@pytest.mark.parametrize(("written", "mode"), [("0644", 0o644), ("644", 0o644), ("0755", 0o755), ("4755", 0o4755)])
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_modes_are_octal_however_they_are_quoted(written: str, mode: int, quote: str, read: Read) -> None:
    (file,) = read(f"write_files: [{{path: /etc/x, permissions: {quote}{written}{quote}}}]").write_files
    assert file.mode == mode


def test_off_stays_off(read: Read) -> None:
    wanted = read("coreos:\n  etcd2:\n    proxy: off\n  update:\n    reboot_strategy: off\n")
    assert (wanted.etcd2["proxy"], wanted.update["reboot_strategy"]) == ("off", "off")


@pytest.mark.parametrize(("word", "truth"), [("true", True), ("Yes", True), ("n", False), ("OFF", False)])
def test_a_flag_takes_yamls_words(word: str, truth: bool, read: Read) -> None:
    assert read(f"coreos: {{etcd2: {{debug: {word}}}}}").etcd2["debug"] is truth


@pytest.mark.parametrize(
    ("field", "text", "wanted"),
    [
        ("etcd2: {debug", "maybe", 'coreos.etcd2.debug: expected true or false, got "maybe"'),
        ("etcd2: {debug", '"true"', 'coreos.etcd2.debug: expected true or false, got "true" in quotes'),
        ("etcd2: {debug", "1", 'coreos.etcd2.debug: expected true or false, got "1"'),
        ("etcd2: {max_wals", "five", 'coreos.etcd2.max_wals: expected a whole number, got "five"'),
        ("etcd2: {max_wals", "0644", 'coreos.etcd2.max_wals: expected a whole number, got "0644"'),
        ("etcd2: {max_wals", "1.5", 'coreos.etcd2.max_wals: expected a whole number, got "1.5"'),
        ("fleet: {etcd_request_timeout", "3s", 'coreos.fleet.etcd_request_timeout: expected a number, got "3s"'),
        ("fleet: {metadata", "[a, b]", "coreos.fleet.metadata: expected a string, got a list"),
        ("fleet: {metadata", "{a: b}", "coreos.fleet.metadata: expected a string, got keys and values"),
        ("etcd2: {proxy", "true", 'coreos.etcd2.proxy: invalid value "true": one of on, off, readonly'),
    ],
)
def test_a_wrong_type_is_an_error(field: str, text: str, wanted: str, mistakes: Mistakes) -> None:
    assert mistakes(f"#cloud-config\ncoreos: {{{field}: {text}}}}}") == [f"line 2: error: {wanted}"]


@pytest.mark.parametrize("text", ["coreos:", "write_files:", "users: ~", "hostname:", "coreos: {units: null}"])
def test_a_key_without_a_value_means_nothing(text: str, read: Read) -> None:
    assert read(text) == read("")


@given(st.integers(min_value=-(10**9), max_value=10**9))
def test_whole_numbers_survive(number: int) -> None:
    assert config.read(f"coreos: {{etcd2: {{snapshot_count: {number}}}}}").etcd2["snapshot_count"] == number
