"""Texts, tables and flags: V15 to V25."""

from __future__ import annotations

import pytest

from tests.functional.lab import SERVICE, Lab
from tests.functional.node import TCP

FORMATTED = """\
; a comment
[Service]
# another one
ExecStart=/bin/sleep \\
  100000


[Unit]
Description=z  z\x20

[Service]
ExecStartPre=/bin/true
"""

CANONICAL = """\
[Service]
ExecStart=/bin/sleep \\
  100000
ExecStartPre=/bin/true

[Unit]
Description=z  z
"""


def test_v15_cat_and_hash_are_of_the_canonical_text(lab: Lab) -> None:
    lab.write("fmt.service", FORMATTED)
    lab.good("submit fmt.service")
    assert lab.good("cat fmt").stdout == CANONICAL
    assert lab.files("--full --fields=hash") == ["8ff3970419987e172ba784ead27c857b748beb53"]


@pytest.mark.parametrize(
    ("table", "header"),
    [
        ("list-units", ["UNIT", "MACHINE", "ACTIVE", "SUB"]),
        ("list-unit-files", ["UNIT", "HASH", "DSTATE", "STATE", "TARGET"]),
        ("list-machines", ["MACHINE", "IP", "METADATA"]),
    ],
)
def test_v16_tables_begin_with_the_names_of_their_fields(lab: Lab, table: str, header: list[str]) -> None:
    first, *rows = lab.good(table).lines
    assert first.split() == header
    assert len(rows) == (3 if table == "list-machines" else 0)


def test_v17_machines_are_listed_by_id_with_their_metadata_by_key(lab: Lab) -> None:
    metadata = ("disk=ssd,region=a", "disk=ssd,region=b", "disk=hdd,region=b")
    assert lab.machines() == [
        f"{node.id[:8]}... {node.ip} {words}" for node, words in zip(lab.nodes, metadata, strict=True)
    ]
    full = lab.good("list-machines --full --no-legend --fields=machine").lines
    assert full == [node.id for node in lab.nodes]


def test_v18_fields_come_in_the_order_that_was_asked_for(lab: Lab) -> None:
    lab.good("start a")
    lab.wait_active("a.service")
    options = "--fields=unit,load,active,sub,machine,hash"
    header, row = lab.good(f"list-units {options}").lines
    assert header.split() == ["UNIT", "LOAD", "ACTIVE", "SUB", "MACHINE", "HASH"]
    assert row.split() == ["a.service", "loaded", "active", "running", lab.n1.place, "456bd5b"]
    full = lab.units(f"--full {options}")
    place = f"{lab.n1.id}/{lab.n1.ip}"
    assert full == [f"a.service loaded active running {place} 456bd5b2fdc474e5eff1bdcefe5500f7e7af4ee1"]


@pytest.mark.parametrize(
    ("fields", "words"), [("foo", 'Invalid key in output format: "foo"'), ("", "Must define output format")]
)
def test_v19_fields_that_are_not_there_are_refused(lab: Lab, fields: str, words: str) -> None:
    refused = lab(f"list-units --fields={fields}")
    assert refused.status == 1
    assert words in refused.stderr


def test_v20_tmachine_is_the_old_name_of_target(lab: Lab) -> None:
    lab.good("load a")
    old = lab.good("list-unit-files --no-legend --fields=unit,tmachine")
    assert old.stdout == lab.good("list-unit-files --no-legend --fields=unit,target").stdout
    assert "deprecated" in old.stderr.lower()


def test_v21_unit_files_are_listed_in_the_order_of_bytes(lab: Lab) -> None:
    lab.good("start s@{1..10}")
    numbers = (1, 10, *range(2, 10))
    assert lab.files("--fields=unit") == [f"s@{number}.service" for number in numbers]


@pytest.mark.parametrize("words", ["version", "--version", "help", "", "-h", "--help"])
def test_v22_version_and_help_are_no_errors(lab: Lab, words: str) -> None:
    done = lab.good(words)
    (line,) = lab.good("version").lines
    number = line.removeprefix("fleetctl version ")
    assert number[:1].isdecimal()
    if "version" in words:
        assert done.lines == [line]
    else:
        assert "list-machines" in done.stdout
        assert number in done.stdout


def test_v23_the_endpoint_may_be_a_variable_and_the_flag_wins(lab: Lab) -> None:
    table = lab.good("list-machines").stdout
    assert lab.good("list-machines", given=f"FLEETCTL_ENDPOINT=http://{TCP}").stdout == table
    wrong = "FLEETCTL_ENDPOINT=http://127.0.0.1:1"
    assert lab("list-machines", given=wrong).status == 1
    assert lab.good(f"--endpoint=http://{TCP} list-machines", given=wrong).stdout == table


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("/var/run/fleet.sock", "URL scheme undefined"),
        ("unix://var/run/fleet.sock", 'unable to connect to host "var"'),
        ("unix:///var/run/dead.sock", "dead.sock"),
        ("http://127.0.0.1:1", "refused"),
    ],
)
def test_v24_endpoints_that_lead_nowhere_say_why(lab: Lab, endpoint: str, words: str) -> None:
    refused = lab(f"--endpoint={endpoint} list-machines")
    assert refused.status == 1
    assert words in refused.stderr


def test_v25_verify_is_deprecated(lab: Lab) -> None:
    lab.write("a.service", SERVICE)
    refused = lab("verify a")
    assert refused.status == 2
    assert "deprecated" in refused.stderr.lower()
