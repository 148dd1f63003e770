import pytest

from fleet.ctl.tables import aligned
from tests.fleet.ctl.fleetd_double import N2, Fleetd
from tests.fleet.ctl.harness import Fleetctl


def test_columns_are_padded_by_tabs_to_multiples_of_eight() -> None:
    rows = [["UNIT", "SUB"], ["a23456", "dead"], ["a2345678", "x"]]
    assert aligned(rows) == "UNIT\t\tSUB\na23456\t\tdead\na2345678\tx"


def test_an_empty_cluster_has_headers_only(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.machines.clear()
    assert fleetctl("list-units").out.split() == ["UNIT", "MACHINE", "ACTIVE", "SUB"]
    assert fleetctl("list-unit-files").out.split() == ["UNIT", "HASH", "DSTATE", "STATE", "TARGET"]
    assert fleetctl("list-machines").out.split() == ["MACHINE", "IP", "METADATA"]
    assert fleetctl("list-machines", "-no-legend") == (0, "", "")


def test_machines_are_listed_by_id_with_sorted_metadata(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    lines = fleetctl("list-machines").out.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["MACHINE", "11111111...", "22222222..."]
    assert lines[1].split() == ["11111111...", "10.99.0.1", "disk=ssd,region=a"]
    assert lines[2].split() == ["22222222...", "10.99.0.2", "-"]
    assert N2 in fleetctl("list-machines", "-l").out


def test_units_are_listed_with_systemds_states(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    assert fleetctl("list-units", "-no-legend", "-l").out.split() == [
        "a.service",
        "1" * 32 + "/10.99.0.1",
        "active",
        "running",
    ]
    chosen = fleetctl("list-units", "--fields=unit,load,hash,machine").out.split()
    assert chosen == ["UNIT", "LOAD", "HASH", "MACHINE", "a.service", "loaded", "abcdef0", "11111111.../10.99.0.1"]


def test_ids_and_hashes_are_whole_if_asked_for(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fields = "unit,load,active,sub,machine,hash"
    header, row = fleetctl("list-units", f"--fields={fields}", "--full").out.splitlines()
    assert header.split() == fields.upper().split(",")
    assert row.split()[4:] == [f"{'1' * 32}/10.99.0.1", "abcdef0123" * 4]


def test_what_is_listed_needs_no_arguments(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched", Global="true")
    every = "unit,global,hash,dstate,state,target,desc"
    row = fleetctl("list-unit-files", "-no-legend", f"-fields={every}", "ignored").out.split()
    assert row[:2] + row[3:] == ["a.service", "true", "launched", "-", "global", "-"]


def test_a_machine_that_is_gone_has_no_address(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetd.machines.clear()
    assert fleetctl("list-units", "--no-legend").out.split()[1] == "11111111..."


def test_a_machine_that_is_gone_is_looked_for_once_however_many_units_it_had(
    fleetd: Fleetd, fleetctl: Fleetctl
) -> None:
    for number in range(20):
        fleetd.know(f"s@{number}.service", "launched")
    fleetd.machines.clear()
    for table in ("list-units", "list-unit-files"):
        fleetd.requests.clear()
        assert fleetctl(table, "--no-legend").out.count("11111111...") == 20
        assert fleetd.requests.count("GET /fleet/v1/machines") == 1


def test_unit_files_are_listed_in_byte_order(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    for number in (10, 2, 1):
        fleetd.know(f"s@{number}.service")
    listed = fleetctl("list-unit-files", "-fields=unit", "-no-legend").out.split()
    assert listed == ["s@1.service", "s@10.service", "s@2.service"]


def test_more_units_than_a_page_are_all_listed(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    for number in range(250):
        fleetd.know(f"s@{number}.service", "launched")
    assert len(fleetctl("list-unit-files", "--no-legend").out.splitlines()) == 250
    assert len(fleetctl("list-units", "--no-legend").out.splitlines()) == 250


def test_the_deprecated_field_is_the_target_with_a_warning(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "loaded")
    result = fleetctl("list-unit-files", "--fields=unit,tmachine", "--no-legend")
    assert result.out.split() == ["a.service", "11111111.../10.99.0.1"]
    assert (result.status, "deprecated" in result.err) == (0, True)


@pytest.mark.parametrize(
    ("fields", "message"), [("foo", 'Invalid key in output format: "foo"\n'), ("", "Must define output format\n")]
)
def test_bad_fields_are_refused(fleetd: Fleetd, fleetctl: Fleetctl, fields: str, message: str) -> None:
    assert fleetctl("list-units", f"--fields={fields}") == (1, "", message)


def test_a_file_is_kept_in_its_canonical_form(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    lines = ["[Service]", "# a comment", "ExecStart=/bin/sleep \\", "  100000", "", "; another", "[Unit]"]
    fleetctl.write(
        "fmt.service", "\n".join([*lines, "Description=z  z ", "", "[Service]", "ExecStartPre=/bin/true", ""])
    )
    fleetctl("submit", "fmt")
    text = "[Service]\nExecStart=/bin/sleep \\\n  100000\nExecStartPre=/bin/true\n\n[Unit]\nDescription=z  z\n"
    assert fleetctl("cat", "fmt") == (0, text, "")
    listed = fleetctl("list-unit-files", "--no-legend", "--full", "--fields=hash").out
    assert listed == "8ff3970419987e172ba784ead27c857b748beb53\n"


def test_cat_prints_the_canonical_text(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", MachineOf="b.service")
    text = "[Service]\nExecStart=/bin/sleep 100000\n\n[X-Fleet]\nMachineOf=b.service\n"
    assert fleetctl("cat", "a") == (0, text, "")
    assert fleetctl("cat", "b") == (1, "", "Unit b.service not found\n")
    assert fleetctl("cat").status == 1


def test_chunked_replies_are_read(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service")
    fleetd.chunked = True
    assert fleetctl("list-unit-files", "--fields=unit", "--no-legend").out == "a.service\n"


def test_a_fleetd_without_etcd_is_named_as_the_reason(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.unavailable = True
    for command in ("list-machines", "list-units", "list-unit-files"):
        result = fleetctl(command)
        assert (result.status, result.out) == (1, "")
        assert "503: fleet server unable to communicate with etcd" in result.err
    assert "Possible issues" in fleetctl("list-machines").err
