"""fleetctl's tables, read."""

from __future__ import annotations

import pytest

from cluster.fleettables import MachineRow, UnitFileRow, UnitRow, machines, plain, unit_files, units

ID = "9f2b6c1a4d3e4f5a8b7c6d5e4f3a2b1c"


def test_machines_have_an_id_an_address_and_metadata() -> None:
    text = f"{ID}\t192.168.57.101\track=a,role=data\n{ID[::-1]}\t192.168.57.102\t-\n"
    assert machines(text) == [
        MachineRow(ID, "192.168.57.101", {"rack": "a", "role": "data"}),
        MachineRow(ID[::-1], "192.168.57.102", {}),
    ]


def test_units_have_a_machine_and_three_states() -> None:
    text = f"es@1.service\t{ID}/192.168.57.103\tloaded\tactive\trunning\n"
    assert units(text) == [UnitRow("es@1.service", ID, "192.168.57.103", "loaded", "active", "running")]


def test_a_machine_that_is_gone_has_no_address() -> None:
    assert units(f"es@1.service {ID} loaded inactive dead")[0].ip is None


def test_a_unit_file_is_placed_or_not() -> None:
    placed, free, everywhere = unit_files(
        f"a.service\tabc\tlaunched\tlaunched\t{ID}/192.168.57.101\n"
        "b@.service\tabc\tinactive\tinactive\t-\n"
        "c.service\tabc\tlaunched\t-\tglobal\n"
    )
    assert placed == UnitFileRow("a.service", "abc", "launched", "launched", ID, "192.168.57.101")
    assert (free.target_id, everywhere.target_id) == (None, None)


def test_a_line_with_another_number_of_words_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="4 words where 5 were asked for"):
        units("es@1.service loaded active running\n")


def test_a_plain_table_is_read_by_its_header() -> None:
    text = "UNIT\t\tMACHINE\t\t\tACTIVE\tSUB\nes@1.service\t9f2b6c1a.../10.0.0.1\tactive\trunning\n"
    row = {"UNIT": "es@1.service", "MACHINE": "9f2b6c1a.../10.0.0.1", "ACTIVE": "active", "SUB": "running"}
    assert plain(text) == [row]


def test_nothing_listed_is_an_empty_list() -> None:
    assert units("") == []
