"""What stands in the registry and fleetd did not write: it is ignored, told, and keeps nobody from anything."""

from types import SimpleNamespace

import pytest

from fleet.daemon.entities import Machine, UnitState
from fleet.daemon.etcd import KeyValue, _item
from fleet.daemon.snapshot import Assembly

MACHINE = KeyValue("machines/m1", '{"ip": "10.0.0.1", "metadata": {"region": "a"}}', 1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("machines/m2", "\ufffd"),
        ("machines/m2", '{"metadata": "none"}'),
        ("machines/m2", '{"metadata": null}'),
        ("units/a.service/file", '[["X-Fleet", "Global", 1]]'),
        ("units/a.service/file", '[["X-Fleet"]]'),
        ("units/a.service/file", "[" * 100_000),
        ("units/a.service/desired", "bogus"),
        ("units/a.service/colour", "red"),
        ("states/a.service/m1", "[]"),
        ("nonsense", "x"),
    ],
)
def test_what_cannot_be_read_is_absent_and_spoils_nothing(key: str, value: str) -> None:
    assembly = Assembly()
    assembly.apply([KeyValue(key, value, 1), MACHINE, KeyValue("metadata/m2/k", "v", 2)])
    snapshot = assembly.snapshot(2)
    assert list(snapshot.machines) == ["m1"]
    assert (dict(snapshot.units), dict(snapshot.states)) == ({}, {})


def test_what_a_newer_fleetd_says_beyond_that_is_left_out() -> None:
    assembly = Assembly()
    assembly.apply([KeyValue("machines/m1", '{"ip": "10.0.0.1", "id": "m9", "colour": "red"}', 1)])
    assembly.apply([KeyValue("states/a.service/m1", '{"active": "active", "lease": 9, "colour": "red"}', 2, 7)])
    snapshot = assembly.snapshot(2)
    assert snapshot.machines == {"m1": Machine("m1", ip="10.0.0.1")}
    assert snapshot.states == {("a.service", "m1"): UnitState("a.service", "m1", active="active", lease=7)}


def test_metadata_that_somebody_took_out_of_etcd_is_the_machines_own_again() -> None:
    assembly = Assembly()
    assembly.apply([MACHINE, KeyValue("metadata/m1/region", "b", 2)])
    assert assembly.snapshot(2).machines["m1"].metadata == {"region": "b"}
    assembly.apply([KeyValue("metadata/m1/region", None, 3)])
    assert assembly.snapshot(3).machines["m1"].metadata == {"region": "a"}


def test_bytes_that_are_no_text_can_be_read() -> None:
    item = _item(SimpleNamespace(key=b"k\xff", value=b"\xfe", mod_revision=1, lease=0))
    assert item == KeyValue("k\ufffd", "\ufffd", 1)
