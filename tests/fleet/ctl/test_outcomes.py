"""What fleetctl waits for, when it gives up, and what it says of what machines could not do."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.fleet.ctl.fleetd_double import N1, Fleetd
from tests.fleet.ctl.harness import ON_N1, SERVICE, Fleetctl, program


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


def test_block_attempts_end_the_wait(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("nowhere.service")
    fleetd.units["nowhere.service"]["unschedulable"] = "no eligible machine"
    fleetd.converge = lambda name: None
    result = fleetctl("load", "-block-attempts=1", "nowhere")
    assert result.status == 1
    assert "timed out waiting for unit nowhere.service to report state loaded: no eligible machine" in result.err


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


def test_destroy_says_once_what_keeps_a_unit_on_its_machine_and_waits_on(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")

    def hesitate(name: str) -> None:
        fleetd.error = "it is deactivating after 3 stops"
        for seconds in (0.0, 0.2, 0.4):
            fleetd.later(partial(fleetd.say, name, "loaded", "deactivating", "stop-sigterm"), seconds)
        fleetd.later(lambda: fleetd.reach(name), 0.6)

    fleetd.converge = hesitate
    why = f"Unit a.service is still {ON_N1}: it is deactivating after 3 stops\n"
    assert fleetctl("destroy", "a") == (0, "Destroyed a.service\n", why)


def test_start_says_what_systemd_says_of_a_failed_unit(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service")
    fleetd.systemd = ("loaded", "failed", "failed")
    result = fleetctl("start", "a")
    assert (result.status, result.out) == (1, f"Unit a.service launched {ON_N1}\n")
    assert "Failed to find an active unit a.service within 2s, err: systemd says failed (failed)" in result.err
    assert "SSH_AUTH_SOCK" in result.err


def test_start_shows_the_journal_of_a_failed_unit(
    fleetd: Fleetd, fleetctl: Fleetctl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fleetd.know("a.service")
    fleetd.systemd = ("loaded", "failed", "failed")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/agent")
    program(tmp_path / "bin" / "ssh", 'for last; do true; done; echo "$last"', monkeypatch)
    result = fleetctl("start", "a")
    assert "journalctl --unit a.service --no-pager -n 10 --output short" in result.err


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


def test_start_waits_a_moment_for_what_becomes_of_a_oneshot(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service")
    fleetd.systemd = ("loaded", "activating", "start")

    def fail_soon(name: str) -> None:
        fleetd.reach(name)
        fleetd.later(lambda: fleetd.say(name, "loaded", "failed", "failed"))

    fleetd.converge = fail_soon
    result = fleetctl("start", "a")
    assert (result.status, "systemd says failed (failed)" in result.err) == (1, True)


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
            left.append((name, N1) not in fleetd.states)
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
