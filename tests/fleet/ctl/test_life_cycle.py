"""What fleetctl's commands make of units, when nothing goes wrong."""

import pytest

from tests.fleet.ctl.fleetd_double import Fleetd
from tests.fleet.ctl.harness import ON_N1, SERVICE, Fleetctl


def test_submit_makes_a_unit_known(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetctl.write("a.service", "[Unit]\nDescription=Svc A\n" + SERVICE)
    assert fleetctl("submit", "a.service") == (0, "Unit a.service inactive\n", "")
    assert fleetctl("list-unit-files", "--no-legend").out.split() == [
        "a.service",
        "456bd5b",
        "inactive",
        "inactive",
        "-",
    ]


def test_load_and_start_say_where_the_unit_is(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service")
    assert fleetctl("load", "a.service") == (0, f"Unit a.service loaded {ON_N1}\n", "")
    assert fleetctl("start", "a") == (0, f"Unit a.service launched {ON_N1}\n", "")


def test_start_of_a_new_unit_says_two_lines(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetctl.write("dir/b1.service")
    assert fleetctl("start", "dir/b1") == (0, f"Unit b1.service inactive\nUnit b1.service launched {ON_N1}\n", "")


def test_start_of_a_launched_unit_says_nothing(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    assert fleetctl("start", "a") == (0, "", "")


def test_start_of_a_dead_unit_starts_it_again(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetd.say("a.service", "loaded", "inactive", "dead")
    assert fleetctl("start", "a") == (0, f"Unit a.service launched {ON_N1}\n", "")
    assert [request for request in fleetd.requests if request.startswith("PUT")] != []


def test_a_load_of_many_units_asks_once_for_each(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    names = [f"w@{number}.service" for number in range(1, 151)]
    fleetd.know("w@.service")
    result = fleetctl("load", *names)
    assert result.status == 0
    assert len(result.out.splitlines()) == 2 * len(names)
    assert fleetd.connections == 1
    assert len([request for request in fleetd.requests if request.startswith("PUT")]) == 2 * len(names)
    assert len([request for request in fleetd.requests if request.startswith("GET")]) < 10


def test_many_units_are_asked_for_sixty_at_a_time(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.takes_batches = True
    names = [f"w@{number}.service" for number in range(1, 151)]
    fleetd.know("w@.service")
    assert len(fleetctl("load", *names).out.splitlines()) == 2 * len(names)
    assert [request for request in fleetd.requests if "GET" not in request] == ["POST /fleet/v1/batch"] * 6
    fleetd.requests.clear()
    assert fleetctl("destroy", "nobody", *names).out.splitlines() == [f"Destroyed {name}" for name in names]
    assert [request for request in fleetd.requests if "GET" not in request] == ["POST /fleet/v1/batch"] * 3


def test_of_many_units_that_are_refused_together_those_before_the_bad_one_are_started(
    fleetd: Fleetd, fleetctl: Fleetctl
) -> None:
    fleetd.takes_batches = True
    for name in ("a.service", "s@.service", "z.service"):
        fleetd.know(name)
    result = fleetctl("start", "a", "s@.service", "z")
    assert (result.status, '400: cannot activate template "s@.service"' in result.err) == (1, True)
    assert [fleetd.units[f"{name}.service"]["desiredState"] for name in "az"] == ["launched", "inactive"]


def test_no_block_does_not_wait(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("b1.service")
    fleetd.converge = lambda name: None
    assert fleetctl("start", "--no-block", "b1") == (0, "Triggered unit b1.service start\n", "")


def test_stop_leaves_the_unit_loaded(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    stopped = f"Unit a.service loaded {ON_N1}\n"
    assert fleetctl("stop", "a") == (0, stopped, "Successfully stopped units [a.service].\n")
    assert fleetctl("stop", "a") == (0, "", "Successfully stopped units [].\n")


def test_stop_stops_what_only_systemd_has_started(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("side.service", "loaded")
    fleetd.say("side.service", "loaded", "active", "running")
    stopped = f"Unit side.service loaded {ON_N1}\n"
    assert fleetctl("stop", "side") == (0, stopped, "Successfully stopped units [side.service].\n")
    assert fleetctl("list-units", "--no-legend").out.split()[2:] == ["inactive", "dead"]


def test_stop_of_several_units_ends_at_the_first_that_is_nowhere(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    for name, state in (("a", "launched"), ("idle", "inactive"), ("z", "launched")):
        fleetd.know(f"{name}.service", state)
    assert fleetctl("stop", "a", "idle", "z").status == 1
    assert [fleetd.units[f"{name}.service"]["desiredState"] for name in "az"] == ["loaded", "launched"]


def test_load_of_a_launched_unit_stops_it(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    assert fleetctl("load", "a") == (0, f"Unit a.service loaded {ON_N1}\n", "")
    assert fleetctl("load", "a") == (0, "", "")


def test_destroy_says_so_once(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    assert fleetctl("destroy", "a") == (0, "Destroyed a.service\n", "")
    assert fleetctl("destroy", "a") == (0, "", "Units not found in registry\n")


def test_a_unit_is_called_the_same_from_anywhere(
    fleetd: Fleetd, fleetctl: Fleetctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleetctl.write("dir/a.service")
    assert fleetctl("start", "dir/a.service").out.splitlines()[0] == "Unit a.service inactive"
    monkeypatch.chdir(fleetctl.folder / "dir")
    assert fleetctl("start", "a.service") == (0, "", "")


def test_stop_of_a_unit_without_a_machine_fails(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("x.service")
    assert fleetctl("stop", "x") == (1, "", "Unable to stop unit x.service in state inactive\n")


def test_stop_of_a_unit_whose_machine_died_keeps_it_from_being_started_elsewhere(
    fleetd: Fleetd, fleetctl: Fleetctl
) -> None:
    fleetd.know("x.service")
    fleetd.units["x.service"]["desiredState"] = "launched"
    fleetd.know("y.service", "launched")
    fleetd.converge = lambda name: None if name == "x.service" else fleetd.reach(name)
    stopped = "Successfully stopped units [x.service y.service].\n"
    assert fleetctl("stop", "x", "y") == (0, f"Unit y.service loaded {ON_N1}\n", stopped)
    assert fleetd.units["x.service"]["desiredState"] == "loaded"


def test_unload_takes_the_unit_off(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "loaded")
    assert fleetctl("unload", "a") == (
        0,
        "Unit a.service inactive\n",
        "Successfully unloaded units [a.service].\n",
    )
    assert fleetctl("list-units", "--no-legend").out == ""


def test_unload_cancels_a_unit_that_waits_for_a_machine(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service")
    fleetd.units["a.service"]["desiredState"] = "launched"
    assert fleetctl("unload", "a").out == "Unit a.service inactive\n"
    assert fleetd.units["a.service"]["desiredState"] == "inactive"


def test_a_fresh_cluster_has_nothing_to_stop_or_destroy(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    for words in (["stop", "-block-attempts=3"], ["unload"], ["destroy"]):
        assert fleetctl(*words, "w@1.service", "w@2.service") == (0, "", "Units not found in registry\n")


def test_commands_without_units_do_nothing(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    for command in ("submit", "load", "start", "stop", "unload", "restart", "destroy"):
        assert fleetctl(command) == (0, "", "No units given\n")


def test_global_units_are_triggered_and_not_awaited(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetctl.write("g.service", SERVICE + "[X-Fleet]\nGlobal=true\n")
    fleetd.converge = lambda name: None
    assert fleetctl("start", "g").out == "Unit g.service \nTriggered global unit g.service start\n"
    assert fleetctl("list-unit-files", "--no-legend").out.split()[2:] == ["launched", "-", "global"]
    assert fleetctl("stop", "g").out == "Triggered global unit g.service stop\n"
    assert fleetctl("unload", "g").out == "Triggered global unit g.service unload\n"


def test_a_template_cannot_be_started(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("s@.service")
    result = fleetctl("start", "s@.service")
    assert result.status == 1
    assert '400: cannot activate template "s@.service"' in result.err


def test_no_block_names_what_it_triggered(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetd.know("g.service", "launched", Global="true")
    fleetd.converge = lambda name: None
    assert fleetctl("stop", "--no-block", "a", "g").err == "Successfully stopped units [a.service].\n"
    assert fleetctl("unload", "--no-block", "a", "g").err == "Successfully unloaded units [a.service].\n"
