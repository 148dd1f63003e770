"""Life cycle: V01 to V14."""

from __future__ import annotations

from tests.functional.lab import SERVICE, A, Lab


def test_v01_submit_makes_a_unit_known_and_puts_it_nowhere(lab: Lab) -> None:
    done = lab.good("submit a.service")
    assert done.lines == ["Unit a.service inactive"]
    assert lab.files() == ["a.service 456bd5b inactive inactive -"]
    assert lab.units() == []


def test_v02_load_puts_it_on_a_machine_and_does_not_start_it(lab: Lab) -> None:
    lab.good("submit a.service")
    assert lab.good("load a.service").lines == [f"Unit a.service loaded {lab.n1.here}"]
    assert lab.units() == [f"a.service {lab.n1.place} inactive dead"]
    assert lab.n1.files() == {"a.service"}
    assert lab.n1.run("systemctl is-enabled a", check=False).stdout.strip() == "linked-runtime"


def test_v03_start_of_a_loaded_unit_says_one_line(lab: Lab) -> None:
    lab.good("load a.service")
    assert lab.good("start a").lines == [f"Unit a.service launched {lab.n1.here}"]
    lab.wait_units(f"a.service {lab.n1.place} active running")
    assert lab.files() == [f"a.service 456bd5b launched launched {lab.n1.place}"]


def test_v04_start_of_a_new_unit_says_two_lines(lab: Lab) -> None:
    assert lab.good("start b1").lines == ["Unit b1.service inactive", f"Unit b1.service launched {lab.n1.here}"]


def test_v05_start_of_a_launched_unit_says_nothing(lab: Lab) -> None:
    lab.good("start a")
    again = lab.good("start a")
    assert (again.stdout, again.stderr) == ("", "")


def test_v06_stop_leaves_it_loaded_and_says_so_on_stderr(lab: Lab) -> None:
    lab.good("start a")
    done = lab.good("stop a")
    assert done.lines == [f"Unit a.service loaded {lab.n1.here}"]
    assert "Successfully stopped units [a.service]." in done.stderr
    lab.wait_units(f"a.service {lab.n1.place} inactive dead")
    again = lab.good("stop a")
    assert again.stdout == ""
    assert "Successfully stopped units []." in again.stderr


def test_v07_unload_takes_it_off_its_machine(lab: Lab) -> None:
    lab.good("load a")
    done = lab.good("unload a")
    assert done.lines == ["Unit a.service inactive"]
    assert "Successfully unloaded units [a.service]." in done.stderr
    lab.wait_units()
    assert lab.n1.files() == set()
    assert lab.files() == ["a.service 456bd5b inactive inactive -"]


def test_v08_destroy_forgets_it_and_a_second_one_finds_nothing(lab: Lab) -> None:
    lab.good("start a")
    assert lab.good("destroy a").lines == ["Destroyed a.service"]
    again = lab.good("destroy a")
    assert again.stdout == ""
    assert "Units not found in registry" in again.stderr


def test_v09_stop_of_a_unit_that_is_on_no_machine_is_an_error(lab: Lab) -> None:
    lab.write("x.service", SERVICE)
    lab.good("submit x")
    refused = lab("stop x")
    assert refused.status == 1
    assert "Unable to stop unit x.service in state inactive" in refused.stderr


def test_v10_no_block_returns_at_once(lab: Lab) -> None:
    """Of a unit that fits nowhere, too: without it, `start` waits until a machine fits (V12)."""
    done = lab.good("start --no-block nowhere")
    assert "Triggered unit nowhere.service start" in done.lines
    assert lab.files("--fields=unit,dstate,state,target") == ["nowhere.service launched inactive -"]


def test_v11_block_attempts_bound_the_wait_for_a_unit_that_fits_nowhere(lab: Lab) -> None:
    refused = lab("load --block-attempts=2 nowhere")
    assert refused.status == 1
    assert 4 <= refused.took <= 6, refused
    assert "timed out waiting for unit nowhere.service to report state loaded" in refused.stderr
    assert lab.files("--fields=unit,dstate,state,target") == ["nowhere.service loaded inactive -"]


def test_v12_start_waits_until_a_machine_fits(lab: Lab) -> None:
    with lab.behind("start nowhere") as start:
        lab.wait("it is asked for", lambda: "launched" in "".join(lab.files()))
        assert start.runs
        path = f"/{lab.n2.id}/metadata/region"
        change = [{"op": "replace", "path": path, "value": {"value": "zz"}}]
        assert lab.n1.api("PATCH", "/fleet/v1/machines", change).status == 204
        done = start.result()
    assert done.ok
    assert done.lines[-1] == f"Unit nowhere.service launched {lab.n2.here}"


def test_v13_a_folder_is_no_part_of_the_name(lab: Lab) -> None:
    lab.write("dir/a.service", A)
    assert lab.good("start dir/a.service").lines[-1] == f"Unit a.service launched {lab.n1.here}"
    assert lab.good("start a.service", at="dir").stdout == ""
    assert lab.files("--fields=unit") == ["a.service"]


def test_v14_a_unit_that_is_nowhere_cannot_be_started(lab: Lab) -> None:
    refused = lab("start missing")
    assert refused.status == 1
    words = "Error creating units: unable to find Unit(missing.service) in Registry or on filesystem"
    assert words in refused.stderr
