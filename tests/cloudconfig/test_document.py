"""What counts as a cloud-config at all."""

from __future__ import annotations

import gzip

import pytest

from cloudconfig.document import Form, recognise, text_of
from cloudconfig.problems import Rejected


@pytest.mark.parametrize("text", ["#cloud-config\nhostname: x\n", "#cloud-config  \r\nusers:\r\n", "#cloud-config"])
def test_the_header_makes_a_cloud_config(text: str) -> None:
    assert recognise(text) is Form.CLOUD_CONFIG


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_nothing_is_nothing(text: str) -> None:
    assert recognise(text) is Form.EMPTY


def test_gzip_is_unpacked() -> None:
    assert text_of(gzip.compress(b"#cloud-config\n")) == "#cloud-config\n"


def test_broken_gzip_is_refused() -> None:
    with pytest.raises(Rejected, match="line 1: error: cannot decompress"):
        text_of(gzip.compress(b"#cloud-config\n")[:-9])


def test_ignition_is_told_apart() -> None:
    assert recognise('{"ignition": {"version": "2.0.0"}}') is Form.IGNITION


@pytest.mark.parametrize("text", ["hostname: x\n", " #cloud-config\n", "#cloud-configs\n", '{"a": 1}', "{"])
def test_anything_else_is_refused_with_the_header_it_lacks(text: str) -> None:
    with pytest.raises(Rejected, match='line 1: error: the first line must be "#cloud-config"'):
        recognise(text)


def test_a_script_is_refused_with_the_way_out() -> None:
    with pytest.raises(Rejected, match="write_files"):
        recognise("#!/bin/sh\necho\n")


def test_bytes_that_are_not_text_are_named_with_their_line() -> None:
    with pytest.raises(Rejected, match="line 2: error: not UTF-8: byte 0xff"):
        text_of(b"#cloud-config\nhostname: \xff\n")
