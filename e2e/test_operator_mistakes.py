"""What becomes of an operator's mistakes, and the ways out of them that the README and the units give."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from cluster.containers import containers_on
from cluster.deploy import DESTROY, START, SUBMIT, typed
from cluster.eventually import eventually, steadily
from cluster.fleet import Fleet
from cluster.label import LOGGING
from cluster.machine import Machine
from cluster.sharedfolder import SharedFolder
from cluster.site import Site
from cluster.ssh import CommandResult

pytestmark = pytest.mark.breaks

ADVICE = re.compile(r"is \S+ loaded\? if not: (fleetctl load .*)")
TINY = """[Service]
Environment=ROUND={round}
ExecStart=/bin/sleep 1d
[X-Fleet]
{options}
"""


@pytest.fixture
def tiny(fleet: Fleet, shared: SharedFolder) -> Iterator[SharedFolder]:
    """A folder for units named tiny…, which are destroyed after the test."""
    yield shared
    left = [unit for unit in fleet.targets() if unit.startswith("tiny")]
    fleet.ctl(f"destroy {' '.join(left)}")
    assert [unit for unit in fleet.targets() if unit.startswith("tiny")] == []


def test_destroy_before_stop_and_start_without_load_start_nothing_and_both_have_a_way_out(
    site: Site, fleet: Fleet, machines: list[Machine]
) -> None:
    seat, units = machines[0], site.cluster.settings.shared_units

    forgotten = "elasticsearch_logging@{1..3}.service"
    assert typed(seat, units, f"fleetctl destroy {forgotten}").stdout.count("Destroyed ") == 3
    the_sidekicks_are_left_on_no_machine(fleet, machines, LOGGING.main_units[:3], LOGGING.sidekicks[:6])
    assert typed(seat, units, f"fleetctl stop {forgotten}").stderr == "Units not found in registry\n"
    refused = typed(seat, units, f"fleetctl stop {LOGGING.sidekicks[0]}", check=False)
    assert (refused.status, refused.stderr) == (1, f"Unable to stop unit {LOGGING.sidekicks[0]} in state inactive\n")

    typed(seat, units, DESTROY)
    assert (fleet.targets(), fleet.units()) == ({}, [])
    assert [container for machine in machines for container in containers_on(machine)] == []
    typed(seat, units, SUBMIT)

    began = seat.now()
    assert typed(seat, units, START).ok
    advice = [advised(site, unit, began) for unit in LOGGING.main_units]
    assert fleet.placements().keys() == set(LOGGING.main_units)
    assert fleet.targets().keys() == {*LOGGING.templates, *LOGGING.main_units}
    steadily("no node is there", lambda: not any(machine.runs("java") for machine in machines), during=3.0)
    assert site.cluster.journals().node_starts(began) == []

    typed(seat, units, " && ".join(advice))
    site.wait_joined()
    assert fleet.targets().keys() == {*LOGGING.templates, *LOGGING.main_units, *LOGGING.sidekicks}


def the_sidekicks_are_left_on_no_machine(
    fleet: Fleet, machines: list[Machine], mains: list[str], sidekicks: list[str]
) -> None:
    places, nodes = fleet.targets(), {unit.partition("@")[2].removesuffix(".service") for unit in mains}
    assert not places.keys() & set(mains)
    eventually("the sidekicks have no machine", lambda: not {fleet.targets()[unit] for unit in sidekicks} - {None}, 10)
    wanted = {row.unit: (row.desired, row.state) for row in fleet.unit_files()}
    assert {wanted[unit] for unit in sidekicks} == {("loaded", "inactive")}
    eventually("and are listed nowhere", lambda: not {row.unit for row in fleet.units()} & set(sidekicks), 10)
    left = [name for machine in machines for name in containers_on(machine)]
    assert left
    assert not {name for name in left if name.rpartition("-")[2] in nodes}


def advised(site: Site, unit: str, since: float) -> str:
    """Return the commands that the unit's journal tells the operator to type."""

    def told() -> str | None:
        records = site.cluster.journals().unit(unit, since)
        return next((match[1] for record in records if (match := ADVICE.search(record.message))), None)

    return eventually(f"{unit} says what to do", told, within=20) or ""


@pytest.mark.parametrize("unit", ["nosuch.service", "nosuch@1.service"])
def test_start_of_an_unknown_unit_fails_and_says_what_is_missing(unit: str, fleet: Fleet) -> None:
    known = fleet.targets()
    started = fleet.ctl(f"start {unit}", check=False)
    missing = {
        "nosuch.service": "unable to find Unit(nosuch.service) in Registry or on filesystem",
        "nosuch@1.service": "failed getting Unit(nosuch@1.service) from template: "
        "unable to find template Unit(nosuch@.service) in Registry or on filesystem",
    }[unit]
    assert (started.status, started.stdout) == (1, "")
    assert started.stderr == f"Error creating units: {missing}\n"
    assert fleet.targets() == known


def test_what_was_not_destroyed_keeps_the_text_of_the_old_template(
    tiny: SharedFolder, fleet: Fleet, machines: list[Machine]
) -> None:
    def ctl(command: str) -> CommandResult:
        return typed(machines[0], tiny.there, f"fleetctl {command}")

    tiny.write("tiny@.service", TINY.format(round="old", options=""))
    ctl("submit ./tiny@.service")
    ctl("load tiny@{1..2}.service")
    tiny.write("tiny@.service", TINY.format(round="new", options=""))
    assert "WARNING: Unit tiny@.service in registry differs" in ctl("submit ./tiny@.service").stderr
    assert rounds(fleet) == {"tiny@": "old", "tiny@1": "old", "tiny@2": "old"}

    ctl("destroy tiny@.service tiny@1.service")
    ctl("submit ./tiny@.service")
    warned = ctl("load tiny@{1..2}.service").stderr
    assert rounds(fleet) == {"tiny@": "new", "tiny@1": "new", "tiny@2": "old"}
    assert "WARNING: Unit tiny@2.service in registry differs" in warned
    assert "tiny@1.service" not in warned
    hashes = {row.unit: row.hash for row in fleet.unit_files()}
    assert hashes["tiny@.service"] == hashes["tiny@1.service"] != hashes["tiny@2.service"]

    ctl("destroy tiny@.service tiny@{1..2}.service")
    ctl("submit ./tiny@.service")
    ctl("load tiny@{1..2}.service")
    assert rounds(fleet) == {"tiny@": "new", "tiny@1": "new", "tiny@2": "new"}


def rounds(fleet: Fleet) -> dict[str, str]:
    """Return the round in the text of each tiny unit that there is."""
    units = [unit for unit in fleet.targets() if unit.startswith("tiny")]
    texts = {unit.removesuffix(".service"): fleet.ctl(f"cat {unit}").stdout for unit in units}
    return {name: text.partition("ROUND=")[2].split()[0] for name, text in texts.items()}


def test_of_the_eligible_machines_the_one_with_the_fewest_units_is_taken(
    tiny: SharedFolder, fleet: Fleet, machines: list[Machine]
) -> None:
    tiny.write("tiny-any@.service", TINY.format(round=1, options=""))
    tiny.write("tiny-apart@.service", TINY.format(round=1, options="Conflicts=tiny-apart@*.service"))
    taken = []
    for unit in ("tiny-any@1", "tiny-apart@1", "tiny-apart@2", "tiny-apart@3", "tiny-any@2"):
        placed = fleet.targets()
        places = Counter(ip for ip in placed.values() if ip)
        apart = {ip for one, ip in placed.items() if one.startswith("tiny-apart") and unit.startswith("tiny-apart")}
        order = sorted(fleet.machine_rows(), key=lambda row: (places[row.ip], row.id))
        wanted = next(row.ip for row in order if row.ip not in apart)
        typed(machines[0], tiny.there, f"fleetctl load ./{unit}.service")
        assert fleet.targets()[f"{unit}.service"] == wanted, f"{unit} is not where the fewest units are"
        taken.append((wanted, wanted == order[0].ip))

    empty = taken[0][0]
    assert taken[0][1], "the first went to the machine without an instance"
    assert [place == empty for place, _ in taken] == [True, True, False, False, True]
    assert [fewest for _, fewest in taken] == [True, True, False, False, True]


def test_a_unit_that_is_destroyed_and_at_once_started_with_another_text_runs_that_text(
    tiny: SharedFolder, fleet: Fleet, machines: list[Machine]
) -> None:
    """At another machine than it was destroyed: what one machine has answered, every machine knows."""
    seat, other, pids = machines[0], machines[-1], set()
    here = next(row.id for row in fleet.machine_rows() if row.ip == other.address)
    for number in range(8):
        tiny.write("tiny.service", TINY.format(round=number, options=f"MachineID={here}"))
        command = "load" if number % 2 else "submit"
        typed(seat, tiny.there, "fleetctl destroy tiny.service")
        ran = typed(
            other,
            tiny.there,
            f"fleetctl {command} ./tiny.service && fleetctl start tiny.service"
            " && systemctl show --value -p Environment -p ActiveState -p MainPID tiny.service"
            " && fleetctl cat tiny.service",
        )
        assert ran.stdout.count(f"ROUND={number}") == 2, ran
        assert "active" in ran.lines
        pids.add(next(line for line in ran.lines if line.isdecimal()))
    assert len(pids) == 8
