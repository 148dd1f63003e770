"""`fleetctl restart`."""

from functools import partial

from tests.fleet.ctl.fleetd_double import N1, N2, Fleetd
from tests.fleet.ctl.harness import ON_N1, Fleetctl

ON_N2 = "on 22222222.../10.99.0.2"


def test_restart_restarts_and_says_when_it_is_done(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")

    def work(name: str) -> None:
        fleetd.units[name]["currentState"] = "loaded"
        fleetd.later(lambda: fleetd.reach(name))

    fleetd.converge = work
    result = fleetctl("restart", "a")
    assert result == (0, f"Unit a.service launched {ON_N1}\n", "Unit(a.service) was restarted.\n")
    assert fleetd.restarted == ["a.service"]


def test_restart_of_what_is_on_no_machine_says_so_and_goes_on(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("idle.service")
    fleetd.know("a.service", "loaded")
    result = fleetctl("restart", "idle", "a")
    assert (result.status, result.out) == (0, f"Unit a.service launched {ON_N1}\n")
    assert result.err.splitlines()[0] == "Unable to restart unit idle.service in state inactive"
    assert fleetd.restarted == ["a.service"]


def test_restart_of_an_unknown_unit_makes_it_known_only(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetctl.write("new.service")
    result = fleetctl("restart", "new")
    assert result == (0, "Unit new.service inactive\n", "Unable to restart unit new.service in state inactive\n")
    assert fleetctl("restart", "nobody").status == 1


def test_restart_can_give_up_waiting(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetd.converge = lambda name: fleetd.units[name].update(currentState="loaded")
    result = fleetctl("restart", "-block-attempts=1", "a")
    assert (result.status, result.out) == (1, "")
    assert "timed out waiting for unit a.service to report state launched" in result.err


def test_restart_fails_if_the_unit_does(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetd.systemd = ("loaded", "failed", "failed")
    result = fleetctl("restart", "a")
    assert (result.status, "systemd says failed (failed)" in result.err) == (1, True)
    assert "was restarted" not in result.err


def test_restart_of_a_global_unit_waits_for_every_machine_and_names_it(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("g.service", "launched", Global="true")
    fleetd.say("g.service", "loaded", "active", "running", machine=N2)

    def work(name: str) -> None:
        for seconds, machine in ((0.1, N2), (0.3, N1)):
            fleetd.states[name, machine]["pending"] = True
            fleetd.later(partial(fleetd.say, name, "loaded", "active", "running", machine), seconds)

    fleetd.converge = work
    result = fleetctl("restart", "g")
    lines = [f"Unit g.service launched {where}" for where in (ON_N2, ON_N1)]
    assert (result.status, result.out.splitlines()) == (0, lines)


def test_restart_of_a_global_unit_says_which_machine_could_not(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("g.service", "launched", Global="true")

    def refuse(name: str) -> None:
        fleetd.error = "Unit dep.service not found."
        fleetd.say(name, "loaded", "inactive", "dead")

    fleetd.converge = refuse
    result = fleetctl("restart", "g")
    assert (result.status, result.out) == (1, "")
    assert f"unit g.service cannot be restarted {ON_N1}: Unit dep.service not found." in result.err
