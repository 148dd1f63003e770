"""The operator's commands: the five of the README bring the units up, and four more show what is going on."""

from __future__ import annotations

from cluster.deploy import DESTROY, INSTANCES, LOAD, SEQUENCE, START, STOP, SUBMIT, main_unit, sidekicks, typed
from cluster.es import Es
from cluster.eventually import eventually
from cluster.fleet import Fleet
from cluster.follow import Following
from cluster.machine import Machine
from cluster.site import Site

TEMPLATES = {f"elasticsearch_logging{part}@.service" for part in ("", "-discovery", "-startup_lease")}
MAINS = {main_unit(number) for number in INSTANCES}
SIDEKICKS = {unit for number in INSTANCES for unit in sidekicks(number)}


def test_the_five_commands_bring_five_nodes_up_on_a_fresh_cluster(site: Site) -> None:
    site.deployed()
    fresh = site.deployments[0]

    assert [result.status for result in fresh.results] == [0] * len(SEQUENCE)
    assert fresh.of(STOP).stderr.splitlines() == ["Units not found in registry"]
    assert fresh.of(DESTROY).stderr.splitlines() == ["Units not found in registry"]
    assert fresh.of(SUBMIT).stdout.count(" inactive") == len(TEMPLATES)
    assert all(f"Unit {unit} loaded on " in fresh.of(LOAD).stdout for unit in MAINS | SIDEKICKS)
    assert all(f"Unit {unit} launched on " in fresh.of(START).stdout for unit in MAINS)
    assert site.cluster.es.health().nodes == len(INSTANCES)


def test_the_five_commands_on_a_running_cluster_bring_five_new_processes_up(site: Site, es: Es) -> None:
    before = {node.id for node in es.nodes()}

    again = site.deploy()

    assert "Successfully stopped units" in again.of(STOP).stderr
    assert again.of(DESTROY).stdout.count("Destroyed ") == len(TEMPLATES | MAINS | SIDEKICKS)
    assert before.isdisjoint(node.id for node in es.nodes())
    assert es.health().is_green(nodes=len(INSTANCES))


def test_list_machines_shows_every_machine(site: Site, machines: list[Machine]) -> None:
    site.deployed()
    listed = typed(machines[-1], "fleetctl list-machines").lines
    assert listed[0].split() == ["MACHINE", "IP", "METADATA"]
    assert sorted(line.split()[1] for line in listed[1:]) == [machine.address for machine in machines]


def test_list_unit_files_shows_templates_and_instances(site: Site, fleet: Fleet) -> None:
    site.deployed()
    rows = {row.unit: row for row in fleet.unit_files()}

    assert rows.keys() == TEMPLATES | MAINS | SIDEKICKS
    assert {rows[unit].state for unit in TEMPLATES} == {"inactive"}
    assert {rows[unit].state for unit in MAINS} == {"launched"}
    assert {rows[unit].state for unit in SIDEKICKS} == {"loaded"}


def test_list_units_shows_mains_and_sidekicks_at_work_each_beside_its_main(site: Site, fleet: Fleet) -> None:
    site.deployed()
    rows = {row.unit: row for row in fleet.units()}

    assert rows.keys() == MAINS | SIDEKICKS
    assert len({rows[unit].ip for unit in MAINS}) == len(INSTANCES)
    for number in INSTANCES:
        discovery, lease = sidekicks(number)
        assert rows[main_unit(number)].active == rows[discovery].active == "active"
        assert (rows[lease].active, rows[lease].sub) == ("inactive", "dead")
        assert len({rows[unit].ip for unit in (main_unit(number), discovery, lease)}) == 1


def test_journal_follows_a_unit_of_another_machine(fleet: Fleet, machines: list[Machine], es: Es) -> None:
    master = es.master()
    unit = next(unit for unit in MAINS if fleet.machine_of(unit) == master)
    elsewhere = next(machine for machine in machines if machine != master)

    with Following(elsewhere, f"fleetctl journal -f {unit}") as journal:
        eventually("the last lines are there", lambda: journal.lines, within=15)
        es.any().indices.create("journal-follow")
        eventually(
            "the journal tells of the new index",
            lambda: any("[journal-follow] creating index" in line for line in journal.lines),
            within=15,
            context=lambda: "\n".join(journal.lines),
        )
        assert journal.goes_on
    es.any().indices.delete("journal-follow")
