"""Where units go, by example."""

from dataclasses import replace

from fleet.daemon.scheduler import schedule
from tests.fleet.daemon.units import by_name, machines, unit


def test_a_unit_goes_to_the_machine_with_the_fewest_units() -> None:
    units = by_name([unit("a.service", machine="m1"), unit("b.service", machine="m2"), unit("c.service")])
    assert schedule(machines("m1", "m2", "m3"), units).places == {"c.service": "m3"}


def test_of_equally_loaded_machines_the_smallest_id_wins() -> None:
    assert schedule(machines("m2", "m1"), by_name([unit("a.service")])).places == {"a.service": "m1"}


def test_a_unit_that_is_only_known_counts_nowhere_and_goes_nowhere() -> None:
    units = by_name([unit("a.service", desired="inactive"), unit("b.service", desired="inactive", machine="m1")])
    decisions = schedule(machines("m1"), units)
    assert decisions.places == {"b.service": None}
    assert decisions.causes == {"b.service": "it is not wanted any more"}


def test_global_units_count_as_load_where_they_run() -> None:
    units = by_name([unit("g.service", "Global=true", "MachineMetadata=disk=ssd"), unit("a.service")])
    assert schedule(machines("m2", m1={"disk": "ssd"}), units).places == {"a.service": "m2"}


def test_nothing_moves_to_a_machine_that_joins() -> None:
    units = by_name([unit("a.service", machine="m1"), unit("b.service", machine="m1")])
    assert schedule(machines("m1", "m2"), units).places == {}


def test_units_of_a_lost_machine_move_and_the_others_stay() -> None:
    units = by_name([unit("a.service", machine="m1"), unit("b.service", machine="m2"), unit("c.service", machine="m3")])
    decisions = schedule(machines("m1", "m3"), units)
    assert decisions.places == {"b.service": "m1"}
    assert decisions.causes == {"b.service": "machine m2... is gone"}


def test_units_of_a_spared_machine_stay() -> None:
    units = by_name([unit("a.service", machine="m1"), unit("b.service", "MachineOf=a.service", machine="m1")])
    assert schedule(machines("m2"), units, spared={"m1"}).places == {}


def test_conflicting_units_spread_and_the_last_one_says_what_is_in_its_way() -> None:
    units = by_name(unit(f"t@{number}.service", "Conflicts=t@*.service") for number in (1, 2, 3))
    decisions = schedule(machines("core-01", "core-02"), units)
    assert decisions.places == {"t@1.service": "core-01", "t@2.service": "core-02"}
    assert decisions.reasons == {"t@3.service": "no eligible machine: Conflicts=t@*.service on core-01 core-02"}


def test_a_conflict_counts_in_both_directions() -> None:
    units = by_name([unit("a.service", "Conflicts=hello.service", machine="m1"), unit("hello.service")])
    assert schedule(machines("m1"), units).reasons == {
        "hello.service": "no eligible machine: Conflicts=hello.service on m1"
    }


def test_connected_units_are_placed_in_one_batch_whoever_comes_first_by_name() -> None:
    units = by_name(
        [
            unit("a-side@1.service", "MachineOf=main@1.service"),
            unit("main@1.service", "Conflicts=main@*.service"),
            unit("z-side@1.service", "MachineOf=main@1.service"),
            unit("main@2.service", "Conflicts=main@*.service"),
        ]
    )
    decisions = schedule(machines("m1", "m2"), units)
    assert decisions.places["main@2.service"] == "m2"
    assert decisions.batches[0] == ("a-side@1.service", "main@1.service", "z-side@1.service")
    assert {decisions.places[name] for name in decisions.batches[0]} == {"m1"}


def test_a_unit_waits_for_the_unit_that_it_needs() -> None:
    pong = unit("pong.service", "MachineOf=ping.service")
    for units in (by_name([pong]), by_name([pong, unit("ping.service", desired="inactive")])):
        decisions = schedule(machines("m1"), units)
        assert decisions.places == {}
        assert decisions.reasons == {"pong.service": "waiting for MachineOf=ping.service"}


def test_a_late_sidekick_goes_where_its_unit_is_however_loaded() -> None:
    units = by_name(
        [
            unit("main.service", machine="m1"),
            unit("x.service", machine="m1"),
            unit("side.service", "MachineOf=main.service"),
        ]
    )
    assert schedule(machines("m1", "m2"), units).places == {"side.service": "m1"}


def test_a_sidekick_that_fits_nowhere_does_not_hold_up_its_unit() -> None:
    units = by_name(
        [unit("main.service"), unit("side.service", "MachineOf=main.service", "MachineMetadata=region=mars")]
    )
    decisions = schedule(machines("m1"), units)
    assert decisions.places == {"main.service": "m1"}
    assert decisions.reasons == {"side.service": "no eligible machine: MachineMetadata=region=mars on m1"}


def test_who_needs_a_unit_leaves_with_it() -> None:
    units = by_name(
        [
            unit("main.service", "MachineMetadata=region=a", machine="m1"),
            unit("side.service", "MachineOf=main.service", machine="m1"),
        ]
    )
    decisions = schedule(machines(m1={"region": "b"}, m2={"region": "a"}), units)
    assert decisions.places == {"main.service": "m2", "side.service": "m2"}


def test_of_two_placed_units_in_conflict_the_later_one_goes() -> None:
    units = by_name(
        [unit("a.service", "Conflicts=b.service", machine="m1", placed=9), unit("b.service", machine="m1", placed=5)]
    )
    assert schedule(machines("m1", "m2"), units).places == {"a.service": "m2"}


def test_a_placed_unit_keeps_its_machine_when_a_conflicting_global_unit_arrives() -> None:
    units = by_name([unit("gc.service", "Conflicts=g.service", machine="m1"), unit("g.service", "Global=true")])
    assert schedule(machines("m1", "m2"), units).places == {}


def test_a_unit_is_not_placed_where_a_conflicting_global_unit_runs() -> None:
    units = by_name(
        [unit("gc.service", "Conflicts=g.service"), unit("g.service", "Global=true", "MachineMetadata=disk=ssd")]
    )
    assert schedule(machines("m2", m1={"disk": "ssd"}), units).places == {"gc.service": "m2"}


def test_machine_id_takes_the_whole_id_or_its_first_eight_characters() -> None:
    there = machines("11111111aaaa", "33333333cccc")
    for wanted, place in (("33333333cccc", "33333333cccc"), ("33333333", "33333333cccc"), ("3333", None)):
        units = by_name([unit("a.service", f"MachineID={wanted}")])
        assert schedule(there, units).places.get("a.service") == place


def test_nothing_is_placed_on_a_machine_that_leaves_and_what_it_has_stays_until_it_is_gone() -> None:
    there = machines("m1", "m2")
    there["m1"] = replace(there["m1"], leaving=True)
    units = by_name([unit("a.service", machine="m1"), unit("b.service", "MachineID=m1"), unit("c.service")])
    decisions = schedule(there, units)
    assert decisions.places == {"c.service": "m2"}
    assert decisions.reasons["b.service"] == "no eligible machine: shutting down on m1; MachineID=m1 on m2"


def test_a_unit_of_a_type_that_no_agent_runs_is_placed_nowhere_and_says_so() -> None:
    units = by_name([unit("x.target"), unit("y.slice", "Global=true"), unit("z.target", machine="m1")])
    decisions = schedule(machines("m1"), units)
    assert decisions.places == {"z.target": None}
    assert decisions.reasons["x.target"] == "fleet runs no units of type target"
    assert decisions.reasons["y.slice"] == "fleet runs no units of type slice"


def test_without_machines_units_say_so() -> None:
    assert schedule({}, by_name([unit("a.service")])).reasons == {"a.service": "no eligible machine: there is none"}


def test_templates_are_never_placed() -> None:
    assert schedule(machines("m1"), by_name([unit("t@.service")])).places == {}


def test_a_unit_that_leaves_anyway_drives_nobody_out() -> None:
    units = by_name(
        [
            unit("a.service", "Conflicts=b.service Conflicts=c.service", machine="m1", placed=9),
            unit("b.service", machine="m1", placed=5, desired="inactive"),
            unit("c.service", "MachineMetadata=region=a", machine="m1", placed=5),
        ]
    )
    assert schedule(machines("m1", "m2"), units).places == {"b.service": None, "c.service": None}
