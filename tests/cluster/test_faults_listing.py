"""What `cluster fault --list` and `cluster status` show, to a person and to a script."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import typer

from cluster import status
from cluster.cluster import Cluster
from cluster.errors import InfraError
from cluster.faults import Order, kinds, listing
from cluster.fleettables import UnitRow
from cluster.settings import Settings

ROW = UnitRow("es@1.service", "id", "192.168.57.101", "loaded", "active", "running")


def cluster(power: Callable[[str], bool] = lambda name: True, units: Any = lambda: [ROW]) -> Any:
    return SimpleNamespace(
        settings=Settings(machines=3, project=Path("/nowhere")),
        provider=SimpleNamespace(is_running=power, is_frozen=lambda name: False),
        fleet=SimpleNamespace(units=units),
        es=SimpleNamespace(describe=lambda: "green"),
        trouble=lambda: [f"{name} is off" for name in ("core-01", "core-02", "core-03") if not power(name)],
    )


def looked_at(given: Any) -> type:
    class Looking:
        def __init__(self, quiet: bool = False) -> None:
            pass

        def __enter__(self) -> Any:
            return given

        def __exit__(self, *_error: object) -> None:
            pass

    return Looking


def test_every_kind_can_be_listed_as_data_and_as_text() -> None:
    for kind in kinds().values():
        entry = listing.described(kind) | {"unavailable": "no netem"}
        assert json.loads(json.dumps(entry)) == entry
        lines = list(listing.text(entry))
        assert lines[0].startswith(f"{kind.name} ")
        assert lines[-1] == "    unavailable: no netem"
        assert len(lines) == 3 + len(kind.options)


@pytest.mark.parametrize("why", [None, "tc on core-02: Error: Specified qdisc kind is unknown."])
def test_a_kind_is_asked_of_a_machine_that_runs(monkeypatch: pytest.MonkeyPatch, why: str | None) -> None:
    asked: list[Order] = []

    def make(_cluster: Cluster, order: Order) -> Any:
        asked.append(order)
        return SimpleNamespace(unavailable=lambda: why)

    monkeypatch.setattr(listing, "make", make)
    given = cast(Cluster, cluster(lambda name: name != "core-01"))
    assert listing.availability(given, kinds()["late-link"]) == why
    assert asked == [Order("late-link", "core-02")]


def test_a_kind_whose_target_is_not_there_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(_cluster: Cluster, order: Order) -> Any:
        raise InfraError("es@1.service is not active")

    monkeypatch.setattr(listing, "make", make)
    assert listing.availability(cluster(), kinds()["kill-container"]) == "es@1.service is not active"


def test_without_a_machine_that_runs_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(listing.commandline, "looking", looked_at(cluster(lambda name: False)))
    listing.show(json=True)
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [entry["kind"] for entry in entries] == list(kinds())
    assert {entry["unavailable"] for entry in entries} == {listing.OFF}


def test_a_script_gets_the_status_as_one_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(status, "looking", looked_at(cluster()))
    status.status(json=True)
    seen = json.loads(capsys.readouterr().out)
    assert [machine["power"] for machine in seen["machines"]] == ["on"] * 3
    assert seen["machines"][0]["units"] == [
        {"unit": "es@1.service", "load": "loaded", "active": "active", "sub": "running"}
    ]
    assert (seen["trouble"], seen["held"]) == ([], [])


def test_a_machine_that_is_off_is_told_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(status, "looking", looked_at(cluster(lambda name: name != "core-03")))
    with pytest.raises(typer.Exit) as caught:
        status.status(json=True)
    assert caught.value.exit_code == 1
    assert json.loads(capsys.readouterr().out)["trouble"] == ["core-03 is off"]


def test_without_any_machine_fleet_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def units() -> list[UnitRow]:
        pytest.fail("fleet is asked")

    monkeypatch.setattr(status, "looking", looked_at(cluster(lambda name: False, units)))
    with pytest.raises(typer.Exit):
        status.status(json=True)
    assert json.loads(capsys.readouterr().out)["trouble"] == ["esfleet: no machine is running"]
