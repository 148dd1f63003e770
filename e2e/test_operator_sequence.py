"""The operator's commands: the five of the README bring the units up, and four more show what is going on."""

from __future__ import annotations

import pytest

from cluster import faults
from cluster.checkers import each_after_its_predecessor, each_starts_holding
from cluster.containers import containers_on
from cluster.deploy import DESTROY, LOAD, START, STOP, SUBMIT
from cluster.es import Es
from cluster.eventually import eventually
from cluster.fleet import Fleet
from cluster.fleettables import plain
from cluster.follow import Following
from cluster.label import INSTANCES, LOGGING, main_unit, sidekicks
from cluster.machine import Machine
from cluster.recorder import Recorder
from cluster.site import Site

TEMPLATES, MAINS, SIDEKICKS = set(LOGGING.templates), set(LOGGING.main_units), set(LOGGING.sidekicks)

JOINED = 90.0
"""Seconds from the first command until five nodes are green: the README says "about 30", on a host that is not slow."""


def test_the_five_commands_bring_five_nodes_up_on_a_fresh_cluster(site: Site) -> None:
    if site.is_found:
        pytest.skip("the cluster is not fresh: it ran before this session (--cluster-reuse)")
    site.deployed()
    fresh = site.deployments[0]

    assert fresh.of(STOP).stderr.splitlines() == ["Units not found in registry"]
    assert fresh.of(DESTROY).stderr.splitlines() == ["Units not found in registry"]
    assert fresh.of(SUBMIT).stdout.count(" inactive") == len(TEMPLATES)
    assert all(f"Unit {unit} loaded on " in fresh.of(LOAD).stdout for unit in MAINS | SIDEKICKS)
    assert all(f"Unit {unit} launched on " in fresh.of(START).stdout for unit in MAINS)
    assert fresh.took < JOINED
    assert site.cluster.es.health().nodes == len(INSTANCES)


@pytest.mark.breaks
def test_the_five_commands_on_a_running_cluster_bring_five_new_processes_up(
    site: Site, es: Es, history: Recorder
) -> None:
    before = {node.id for node in es.nodes()}

    again = site.deploy()

    assert "Successfully stopped units" in again.of(STOP).stderr
    assert again.of(DESTROY).stdout.count("Destroyed ") == len(TEMPLATES | MAINS | SIDEKICKS)
    assert before.isdisjoint(node.id for node in es.nodes())
    site.wait_joined()
    assert each_starts_holding(again.starts, again.holds(history))
    assert each_after_its_predecessor(again.holds(history))


@pytest.mark.breaks
def test_the_five_commands_with_a_dead_machine_bring_five_nodes_up_on_the_others(
    site: Site, es: Es, fleet: Fleet, machines: list[Machine]
) -> None:
    """The machine had an instance. Until fleet misses it, `stop -block-attempts=3` may rightly give up on that one."""
    victim = next(machine for machine in es.accepting() if machine != machines[0])
    others = [machine for machine in machines if machine != victim]

    with faults.killed(victim):
        eventually("fleet misses the machine", lambda: fleet.machines() == others, within=20)
        again = site.deploy()
        assert again.of(DESTROY).stdout.count("Destroyed ") == len(TEMPLATES | MAINS | SIDEKICKS)
        assert sorted(node.address for node in again.nodes) == [machine.address for machine in others]
        eventually("their nodes answer", lambda: es.accepting() == others, within=10)
        assert fleet.machines() == others

    eventually("the machine is listed again", lambda: fleet.machines() == machines, within=30)
    eventually("none of its old containers is there", lambda: containers_on(victim, "") == [], within=20)
    assert {fleet.machine_of(main) for main in MAINS} == set(others)


@pytest.mark.known_upstream("coreos/fleet#1453: since 1.0 a long flag has two dashes, or is refused with status 0")
def test_a_flag_may_have_one_dash_as_the_readme_writes_it(machines: list[Machine]) -> None:
    told = machines[0].run("fleetctl stop -block-attempts=3 nosuch@1.service")
    assert (told.stdout, told.stderr) == ("", "Units not found in registry\n")


def test_list_machines_shows_every_machine(site: Site, machines: list[Machine]) -> None:
    site.deployed()
    listed = machines[-1].run("fleetctl list-machines").lines
    assert listed[0].split() == ["MACHINE", "IP", "METADATA"]
    assert sorted(line.split()[1] for line in listed[1:]) == [machine.address for machine in machines]


def test_list_unit_files_shows_templates_and_instances(site: Site, machines: list[Machine]) -> None:
    site.deployed()
    table = plain(machines[-1].run("fleetctl list-unit-files").stdout)
    rows = {row["UNIT"]: row for row in table}

    assert list(table[0]) == ["UNIT", "HASH", "DSTATE", "STATE", "TARGET"]
    assert rows.keys() == TEMPLATES | MAINS | SIDEKICKS
    for units, state in ((TEMPLATES, "inactive"), (MAINS, "launched"), (SIDEKICKS, "loaded")):
        assert {(rows[unit]["DSTATE"], rows[unit]["STATE"]) for unit in units} == {(state, state)}


def test_list_units_shows_mains_and_sidekicks_at_work_each_beside_its_main(
    site: Site, fleet: Fleet, machines: list[Machine]
) -> None:
    site.deployed()
    leases = [lease for _, lease in map(sidekicks, INSTANCES)]
    eventually("the lease units have ended", lambda: all(fleet.machines_of(unit, "inactive") for unit in leases), 20)
    table = plain(machines[-1].run("fleetctl list-units").stdout)
    rows = {row["UNIT"]: row for row in table}

    assert list(table[0]) == ["UNIT", "MACHINE", "ACTIVE", "SUB"]
    assert rows.keys() == MAINS | SIDEKICKS
    assert len({rows[unit]["MACHINE"] for unit in MAINS}) == len(INSTANCES)
    for number in INSTANCES:
        main, (discovery, lease) = main_unit(number), sidekicks(number)
        assert rows[main]["ACTIVE"] == rows[discovery]["ACTIVE"] == "active"
        assert (rows[lease]["ACTIVE"], rows[lease]["SUB"]) == ("inactive", "dead")
        assert len({rows[unit]["MACHINE"] for unit in (main, discovery, lease)}) == 1


@pytest.mark.known_upstream("coreos/fleet#1453: since 1.0 there is no -f, only --f and --follow")
def test_journal_follows_a_unit_of_another_machine(fleet: Fleet, machines: list[Machine], es: Es) -> None:
    master = es.master()
    unit = next(unit for unit in MAINS if fleet.machine_of(unit) == master)
    elsewhere = next(machine for machine in machines if machine != master)

    with Following(elsewhere, f"fleetctl journal -f {unit}") as journal:
        eventually("the last lines are there", lambda: journal.lines, within=15)
        with es.index("journal-follow") as name:
            eventually(
                "the journal tells of the new index",
                lambda: any(f"[{name}] creating index" in line for line in journal.lines),
                within=15,
                context=lambda: "\n".join(journal.lines),
            )
        assert journal.goes_on
