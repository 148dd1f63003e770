from collections.abc import Callable
from functools import partial

import pytest

from tests.fleet.ctl.fleetd_double import N1, Fleetd
from tests.fleet.ctl.harness import SERVICE, Fleetctl

ON_N1 = "on 11111111.../10.99.0.1"


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


def test_start_waits_for_the_machine(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service")
    fleetd.converge = lambda name: fleetd.later(lambda: fleetd.reach(name))
    assert fleetctl("start", "a").out == f"Unit a.service launched {ON_N1}\n"


def test_waiting_is_held_by_fleetd_and_not_polled(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service")
    fleetd.converge = lambda name: fleetd.later(lambda: fleetd.reach(name), 0.8)
    assert fleetctl("start", "a").status == 0
    assert len(fleetd.requests) <= 6
    assert fleetd.connections == 1


def test_a_load_of_many_units_asks_once_for_each(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    names = [f"w@{number}.service" for number in range(1, 151)]
    fleetd.know("w@.service")
    result = fleetctl("load", *names)
    assert result.status == 0
    assert len(result.out.splitlines()) == 2 * len(names)
    assert fleetd.connections == 1
    assert len([request for request in fleetd.requests if request.startswith("PUT")]) == 2 * len(names)
    assert len([request for request in fleetd.requests if request.startswith("GET")]) < 10


def test_no_block_does_not_wait(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("b1.service")
    fleetd.converge = lambda name: None
    assert fleetctl("start", "--no-block", "b1") == (0, "Triggered unit b1.service start\n", "")


def test_block_attempts_end_the_wait(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("nowhere.service")
    fleetd.units["nowhere.service"]["unschedulable"] = "no eligible machine"
    fleetd.converge = lambda name: None
    result = fleetctl("load", "-block-attempts=1", "nowhere")
    assert result.status == 1
    assert "timed out waiting for unit nowhere.service to report state loaded: no eligible machine" in result.err


def test_stop_leaves_the_unit_loaded(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    stopped = f"Unit a.service loaded {ON_N1}\n"
    assert fleetctl("stop", "a") == (0, stopped, "Successfully stopped units [a.service].\n")
    assert fleetctl("stop", "a") == (0, "", "Successfully stopped units [].\n")


def test_stop_of_a_unit_without_a_machine_fails(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("x.service")
    assert fleetctl("stop", "x") == (1, "", "Unable to stop unit x.service in state inactive\n")


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


def test_destroy_waits_until_the_unit_has_left_its_machine(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetd.converge = lambda name: fleetd.later(lambda: fleetd.reach(name))
    assert fleetctl("destroy", "a", "zzz") == (0, "Destroyed a.service\n", "")
    assert not fleetd.states


def test_destroy_can_give_up_waiting(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetd.converge = lambda name: None
    result = fleetctl("destroy", "--block-attempts", "1", "a")
    assert (result.status, result.out) == (1, "")
    assert "timed out waiting for unit a.service to leave its machine" in result.err


def test_a_fresh_cluster_has_nothing_to_stop_or_destroy(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    for words in (["stop", "-block-attempts=3"], ["unload"], ["destroy"]):
        assert fleetctl(*words, "w@1.service", "w@2.service") == (0, "", "Units not found in registry\n")


def test_commands_without_units_do_nothing(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    for command in ("submit", "load", "start", "stop", "unload", "destroy"):
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


def test_start_says_what_systemd_says_of_a_failed_unit(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service")
    fleetd.systemd = ("loaded", "failed", "failed")
    result = fleetctl("start", "a")
    assert (result.status, result.out) == (1, f"Unit a.service launched {ON_N1}\n")
    assert "Failed to find an active unit a.service within 2s, err: systemd says failed (failed)" in result.err
    assert "SSH_AUTH_SOCK" in result.err


def test_start_says_why_systemd_refused(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service")
    fleetd.systemd = ("loaded", "inactive", "dead")
    fleetd.error = "Unit dep.service not found."
    result = fleetctl("start", "a")
    assert (result.status, "systemd says Unit dep.service not found." in result.err) == (1, True)


def test_start_takes_an_old_failure_for_no_new_one(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "loaded")
    fleetd.say("a.service", "loaded", "failed", "failed")

    def launch(name: str) -> None:
        fleetd.units[name]["currentState"] = "launched"
        fleetd.change()
        fleetd.later(lambda: fleetd.say(name, "loaded", "active", "running"))

    fleetd.converge = launch
    assert fleetctl("start", "a").status == 0


def test_start_does_not_wait_for_a_slow_unit(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service")
    fleetd.systemd = ("loaded", "activating", "start-pre")
    assert fleetctl("start", "a").status == 0
    assert not any("after" in request for request in fleetd.requests[-1:])


def test_the_wait_ends_when_somebody_destroys_the_unit(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service")

    def vanish() -> None:
        del fleetd.units["a.service"]
        fleetd.change()

    fleetd.converge = lambda name: fleetd.later(vanish)
    result = fleetctl("start", "a")
    assert (result.status, "destroyed meanwhile" in result.err) == (1, True)


def test_a_wait_survives_a_fleetd_that_has_lost_etcd_for_a_while(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service")

    def lose(name: str) -> None:
        fleetd.unavailable = True

        def recover() -> None:
            fleetd.unavailable = False
            fleetd.reach(name)

        fleetd.later(recover, 0.3)

    fleetd.converge = lose
    assert fleetctl("start", "a").out == f"Unit a.service launched {ON_N1}\n"


def test_unload_waits_until_the_process_is_gone(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetd.converge = stop_slowly(fleetd)
    assert fleetctl("unload", "a").out == "Unit a.service inactive\n"
    assert not fleetd.states


def test_unload_can_give_up_waiting_for_the_process(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetd.converge = lambda name: fleetd.units[name].update(currentState="inactive")
    result = fleetctl("unload", "--block-attempts=1", "a")
    assert (result.status, result.out) == (1, "")
    assert "timed out waiting for unit a.service to report state inactive" in result.err


def test_a_replaced_unit_starts_when_the_old_process_is_gone(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetctl.write("a.service", "[Unit]\nDescription=new\n" + SERVICE)
    left: list[bool] = []
    stop = stop_slowly(fleetd)

    def converge(name: str) -> None:
        if fleetd.units[name]["desiredState"] == "inactive":
            stop(name)
        else:
            left.append(name not in fleetd.states)
            fleetd.reach(name)

    fleetd.converge = converge
    assert fleetctl("start", "--replace", "a").out.splitlines()[0] == "Unit a.service inactive"
    assert left == [True]


def stop_slowly(fleetd: Fleetd) -> Callable[[str], None]:
    """The unit is inactive at once, and its process gone a little later."""

    def converge(name: str) -> None:
        with fleetd.changed:
            fleetd.units[name]["currentState"] = "inactive"
            fleetd.change()
        fleetd.later(lambda: fleetd.reach(name))

    return converge


def test_no_block_names_what_it_triggered(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetd.know("g.service", "launched", Global="true")
    fleetd.converge = lambda name: None
    assert fleetctl("stop", "--no-block", "a", "g").err == "Successfully stopped units [a.service].\n"
    assert fleetctl("unload", "--no-block", "a", "g").err == "Successfully unloaded units [a.service].\n"


@pytest.mark.parametrize(("command", "verb"), [("load", "loaded"), ("start", "launched")])
def test_what_cannot_be_loaded_is_said_and_holds_up_no_other(
    fleetd: Fleetd, fleetctl: Fleetctl, command: str, verb: str
) -> None:
    for name in ("a.service", "b.service"):
        fleetd.know(name)
    fleetd.converge = lambda name: (
        fail(fleetd, name) if name == "a.service" else fleetd.later(partial(fleetd.reach, name))
    )
    result = fleetctl(command, "a", "b")
    assert (result.status, result.out) == (1, f"Unit b.service {verb} {ON_N1}\n")
    assert f"Error waiting for units: unit a.service cannot be {verb} {ON_N1}: Invalid argument\n" in result.err


def test_a_unit_that_could_not_be_loaded_is_asked_for_again(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    for command, state in (("load", "loaded"), ("start", "launched")):
        fleetd.know("a.service", state)
        fail(fleetd, "a.service")

        def mend(name: str) -> None:
            del fleetd.units[name]["error"]
            fleetd.reach(name)

        fleetd.converge = mend
        assert fleetctl(command, "a") == (0, f"Unit a.service {state} {ON_N1}\n", "")


def test_a_stop_that_systemd_refuses_is_said(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetd.converge = lambda name: fleetd.units[name].update(error="Refusing to stop.")
    result = fleetctl("stop", "a")
    assert (result.status, result.out) == (1, "")
    assert f"unit a.service cannot be stopped {ON_N1}: Refusing to stop." in result.err


def fail(fleetd: Fleetd, name: str) -> None:
    """The unit's machine cannot load it."""
    with fleetd.changed:
        fleetd.units[name].update(currentState="inactive", machineID=N1, error="Invalid argument")
        fleetd.say(name, "error", "inactive", "dead")
