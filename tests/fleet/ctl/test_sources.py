from pathlib import Path

import pytest

from tests.fleet.ctl.fleetd_double import Fleetd
from tests.fleet.ctl.harness import SERVICE, Fleetctl

OTHER = "[Service]\nExecStart=/bin/true\n"


def fleet(*options: str) -> str:
    return "\n".join([f"{SERVICE}[X-Fleet]", *options, ""])


def test_the_registrys_template_makes_instances(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("s@.service")
    assert fleetctl("start", "s@2", "s@3").status == 0
    assert fleetd.units["s@2.service"]["options"] == fleetd.units["s@.service"]["options"]


def test_a_template_file_beside_the_argument_makes_instances(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetctl.write("dir/s@.service")
    assert fleetctl("load", "dir/s@2.service").status == 0
    assert set(fleetd.units) == {"s@2.service"}


def test_an_instances_own_file_beats_the_registrys_template(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("s@.service")
    fleetctl.write("s@1.service", OTHER)
    fleetctl("submit", "s@1.service")
    assert fleetctl("cat", "s@1").out == OTHER


def test_the_registrys_template_beats_a_template_file_with_a_warning(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("s@.service")
    fleetctl.write("s@.service", OTHER)
    result = fleetctl("submit", "s@1.service")
    assert "s@.service in registry differs from local template unit file s@.service" in result.err
    assert fleetctl("cat", "s@1").out == SERVICE


def test_an_unknown_unit_fails_clearly(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    message = "Error creating units: unable to find Unit(missing.service) in Registry or on filesystem\n"
    assert fleetctl("start", "missing") == (1, "", message)


def test_an_instance_of_an_unknown_template_fails_clearly(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    result = fleetctl("start", "zz@1")
    assert result.status == 1
    assert "unable to find template Unit(zz@.service) in Registry or on filesystem" in result.err


def test_units_before_the_unknown_one_are_created_and_not_started(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetctl.write("a.service")
    assert fleetctl("start", "a", "zzz").status == 1
    assert fleetd.units["a.service"]["desiredState"] == "inactive"


@pytest.mark.parametrize("argument", ["a", "./a.service"])
def test_a_changed_file_is_only_warned_about(fleetd: Fleetd, fleetctl: Fleetctl, argument: str) -> None:
    fleetd.know("a.service")
    fleetctl.write("a.service", OTHER)
    result = fleetctl("submit", argument)
    path = str(Path("a.service")) if argument == "a" else "./a.service"
    warning = f"WARNING: Unit a.service in registry differs from local unit file {path}. Add --replace to override.\n"
    assert result == (0, "", warning)
    assert fleetctl("cat", "a").out == SERVICE


def test_a_file_that_differs_in_comments_only_is_the_same(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service")
    fleetctl.write("a.service", "# comment\n" + SERVICE)
    assert fleetctl("submit", "a") == (0, "", "")


def test_replace_puts_the_new_text_and_starts_it(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetctl.write("a.service", OTHER)
    result = fleetctl("start", "--replace", "a")
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines()[0] == "Unit a.service inactive"
    assert fleetctl("cat", "a").out == OTHER
    assert fleetd.units["a.service"]["desiredState"] == "launched"


def test_replace_of_the_same_text_does_nothing(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service")
    fleetctl.write("a.service")
    found = "Found same Unit(a.service) in Registry, nothing to do\n"
    assert fleetctl("submit", "--replace", "a") == (0, found, "")


def test_load_replaces_no_running_unit_but_stops_it(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetctl.write("a.service", OTHER)
    assert fleetctl("load", "--replace", "a").err.startswith("Warning: can not replace Unit(a.service)")
    assert (fleetctl("cat", "a").out, fleetd.units["a.service"]["desiredState"]) == (SERVICE, "loaded")


def test_a_changed_template_leaves_its_instances_as_they_are(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetctl.write("s@.service")
    fleetctl("submit", "s@.service", "s@1")
    fleetctl.write("s@.service", OTHER)
    fleetctl("submit", "--replace", "s@.service")
    fleetctl("submit", "s@2")
    assert [fleetctl("cat", name).out for name in ("s@.service", "s@1", "s@2")] == [OTHER, SERVICE, OTHER]


def test_submit_replaces_no_running_unit(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("a.service", "launched")
    fleetctl.write("a.service", OTHER)
    warning = "Warning: can not replace Unit(a.service) in state 'launched', use the appropriate command\n"
    assert fleetctl("submit", "--replace", "a") == (0, "", warning)
    assert fleetctl("cat", "a").out == SERVICE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[Service\n", "bad.service: line 1: unable to find end of section"),
        ("[Service]\nExecStart\n", "bad.service: line 2: unexpected newline"),
        (fleet("MachineID=1", "MachineOf=a.service"), "MachineID cannot be used with Peers"),
        (fleet("MachineID=1", "Conflicts=a.service"), "MachineID cannot be used with Conflicts"),
        (fleet("MachineID=1", "Global=true"), "MachineID cannot be used with Global"),
        (fleet("MachineID=1", "Replaces=a.service"), "MachineID cannot be used with Replaces"),
        (fleet("Global=true", "MachineOf=a.service"), "Global cannot be used with Peers"),
        (fleet("Global=true", "Replaces=a.service"), "Global cannot be used with Replaces"),
        (fleet("Conflicts=b.service", "Replaces=a.service"), "Conflicts cannot be used with Replaces"),
        (
            fleet("MachineOf=foo.service", "Conflicts=foo*"),
            'unresolvable requirements: peer "foo.service" matches conflict "foo*"',
        ),
    ],
)
def test_a_bad_file_is_refused_and_nothing_is_created(
    fleetd: Fleetd, fleetctl: Fleetctl, text: str, message: str
) -> None:
    fleetctl.write("bad.service", text)
    result = fleetctl("submit", "bad")
    assert (result.status, message in result.err, fleetd.units) == (1, True, {})


def test_a_file_that_is_no_text_is_refused(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    (fleetctl.folder / "bad.service").write_bytes(b"[Service]\n\xff=1\n")
    result = fleetctl("submit", "bad")
    assert (result.status, "bad.service: 'utf-8'" in result.err) == (1, True)


def test_a_bad_name_is_refused(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetctl.write("a+b.service")
    result = fleetctl("submit", "a+b")
    assert (result.status, "invalid character '+' in unit name" in result.err) == (1, True)


def test_an_unknown_option_is_warned_about(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetctl.write("a.service", SERVICE + "[X-Fleet]\nBogus=1\n")
    result = fleetctl("submit", "a")
    assert (result.status, 'unrecognized requirement in [X-Fleet] section: "Bogus"' in result.err) == (0, True)


def test_names_with_odd_characters_reach_the_registry(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    name = r"a:b\x2dc@1.service"
    fleetctl.write(name)
    assert fleetctl("submit", f"./{name}").status == 0
    assert name in fleetd.units
