"""The unit files reach the machines through Vagrant's shared folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cluster.deploy import typed
from cluster.fleet import Fleet
from cluster.machine import Machine
from cluster.settings import PROJECT, SHARE
from cluster.sharedfolder import SharedFolder

TEMPLATE = "elasticsearch_logging@.service"
OWN = "shared@.service"
"""A name of its own: what is deployed is not touched."""


@pytest.fixture
def destroyed(fleet: Fleet) -> Iterator[None]:
    """Destroys the unit after the test, whatever has become of it."""
    yield
    fleet.ctl(f"destroy {OWN}")


@pytest.mark.usefixtures("destroyed")
def test_a_unit_edited_on_the_host_is_what_fleetctl_submits(
    shared: SharedFolder, fleet: Fleet, machines: list[Machine]
) -> None:
    text = (PROJECT / "units" / TEMPLATE).read_text()
    edited = text.replace("Environment=REPLICAS=3", "Environment=REPLICAS=2")
    assert edited != text

    for written, replicas in ((text, 3), (edited, 2)):
        shared.write(OWN, written)
        typed(machines[-1], shared.there, f"fleetctl submit --replace ./{OWN}")
        submitted = fleet.ctl(f"cat {OWN}").lines
        assert [line for line in submitted if "REPLICAS=" in line] == [f"Environment=REPLICAS={replicas}"]


def test_the_units_that_are_deployed_are_the_projects_byte_for_byte(machines: list[Machine]) -> None:
    files = sorted((PROJECT / "units").glob("*.service"))
    assert len(files) == 3
    written = "".join(file.read_text() for file in files)
    for machine in machines:
        assert machine.run("LC_ALL=C; cat %s/*.service", f"{SHARE}/units").stdout == written


def test_a_file_written_on_a_machine_is_seen_on_the_host_and_on_the_other_machines(
    shared: SharedFolder, machines: list[Machine]
) -> None:
    for machine in machines:
        typed(machine, shared.there, f"echo written on {machine} > {machine}.txt")

    written = {machine.name: f"written on {machine}\n" for machine in machines}
    assert {path.stem: path.read_text() for path in shared.here.glob("*.txt")} == written
    for machine in machines:
        assert typed(machine, shared.there, "cat *.txt").stdout == "".join(written.values())
