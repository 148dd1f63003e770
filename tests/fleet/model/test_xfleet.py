import pytest

from fleet.model.unitfile import ParseError, UnitFile
from fleet.model.xfleet import InvalidOptionsError, Requirements, unknown_keys, validate


def unit(*lines: str) -> UnitFile:
    return UnitFile.parse("\n".join(["[Service]", "ExecStart=/bin/true", "[X-Fleet]", *lines]))


def wanted(*lines: str, name: str = "web@3.service") -> Requirements:
    return Requirements.of(name, unit(*lines))


def test_a_unit_without_options_asks_for_nothing() -> None:
    assert wanted() == Requirements()
    assert wanted().admits("1" * 32, {})


def test_the_first_machine_id_of_the_first_spelling_counts() -> None:
    assert wanted("X-ConditionMachineID=old", "MachineID=one", "MachineID=two").machine_id == "one"
    assert wanted("X-ConditionMachineBootID=boot", "X-ConditionMachineID=old").machine_id == "old"


@pytest.mark.parametrize(
    ("machine_id", "admitted"), [("3" * 32, True), ("3" * 8, True), ("3" * 4, False), ("3" * 9, False), ("", False)]
)
def test_a_machine_id_is_the_full_one_or_its_first_eight_characters(machine_id: str, admitted: bool) -> None:
    assert wanted(f"MachineID={machine_id}").admits("3" * 32, {}) is admitted


def test_peers_of_both_spellings_are_all_wanted_and_not_split() -> None:
    both = wanted("MachineOf=b.service c.service", "X-ConditionMachineOf=a.service")
    assert both.machine_of == ("a.service", "b.service c.service")


def test_metadata_values_of_one_key_are_alternatives_and_keys_add_up() -> None:
    both = wanted('MachineMetadata="region=a" "disk=ssd"', "X-ConditionMachineMetadata=region=b")
    assert both.admits("m", {"region": "b", "disk": "ssd"})
    assert both.admits("m", {"region": "a", "disk": "ssd", "more": "x"})
    assert not both.admits("m", {"region": "a"})
    assert not both.admits("m", {"region": "c", "disk": "ssd"})


@pytest.mark.parametrize("value", ["bogus", "a=b=c", "=b", "a=", "region=a disk=ssd"])
def test_malformed_metadata_is_ignored(value: str) -> None:
    assert wanted(f"MachineMetadata={value}").metadata == {}


def test_conflicts_are_split() -> None:
    several = wanted("Conflicts=a.service b@*.service", "X-Conflicts=c.service", 'Conflicts="d.service" "e.service"')
    assert set(several.conflicts) == {"a.service", "b@*.service", "c.service", "d.service", "e.service"}


@pytest.mark.parametrize(("values", "truth"), [(["true"], True), (["T"], True), (["yes", "no"], False), (["y"], False)])
def test_the_last_global_wins(values: list[str], truth: bool) -> None:
    assert wanted(*(f"Global={value}" for value in values)).is_global is truth


def test_replaces_is_not_split() -> None:
    assert wanted("Replaces=old@*.service").replaces == ("old@*.service",)
    assert wanted("Replaces=a b").replaces == ("a b",)


def test_specifiers_mean_the_parts_of_the_units_own_name() -> None:
    every = wanted("MachineOf=%n", "MachineOf=%N", "MachineOf=%p@%i.timer", "MachineOf=%H%%")
    assert every.machine_of == ("web@3.service", "web@3", "web@3.timer", "%H%%")


def test_unknown_keys_are_listed_once() -> None:
    assert unknown_keys(unit("Bogus=1", "MachineID=x", "Bogus=2", "MachineBootID=y")) == ("Bogus", "MachineBootID")
    assert unknown_keys(unit("X-ConditionMachineBootID=y", "Global=true")) == ()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["MachineID=x", "MachineOf=a"], "MachineID cannot be used with Peers"),
        (["MachineID=x", "Conflicts=a"], "MachineID cannot be used with Conflicts"),
        (["MachineID=x", "Global=true"], "MachineID cannot be used with Global"),
        (["MachineID=x", "Replaces=a"], "MachineID cannot be used with Replaces"),
        (["Global=true", "MachineOf=a"], "Global cannot be used with Peers"),
        (["Global=true", "Replaces=a"], "Global cannot be used with Replaces"),
        (["Conflicts=a", "Replaces=b"], "Conflicts cannot be used with Replaces"),
        (
            ["MachineOf=foo.service", "Conflicts=foo*"],
            r'unresolvable requirements: peer "foo.service" matches conflict "foo\*"',
        ),
        (
            ["MachineOf=foo.service", "Replaces=foo*"],
            r'unresolvable requirements: peer "foo.service" matches replace "foo\*"',
        ),
        (["MachineOf=x@%i.service", "Conflicts=x@*.service"], "unresolvable requirements"),
        (["MachineID=x", "MachineOf=a", "Conflicts=a"], "unresolvable requirements"),
    ],
)
def test_a_combination_that_can_never_hold_is_refused(lines: list[str], message: str) -> None:
    with pytest.raises(InvalidOptionsError, match=message):
        validate(unit(*lines))


@pytest.mark.parametrize(
    "lines",
    [
        ["Global=true", "Conflicts=a"],
        ["Global=true", "MachineMetadata=a=b"],
        ["MachineID=x", "MachineMetadata=a=b"],
        ["MachineOf=a", "Conflicts=b"],
        ["Global=false", "MachineOf=a"],
        ["MachineOf=web@%i.service", "Conflicts=other@*.service"],
    ],
)
def test_other_combinations_are_allowed(lines: list[str]) -> None:
    validate(unit(*lines))


def test_options_that_no_file_could_hold_are_refused() -> None:
    with pytest.raises(ParseError):
        validate(UnitFile.from_options([("Service", "ExecStart", "a\nnot an option")]))


@pytest.mark.parametrize("value", ["a\nExecStopPost=b", "ends in \\"])
def test_an_option_that_hides_or_invents_others_is_refused(value: str) -> None:
    with pytest.raises(InvalidOptionsError, match="hide or invent"):
        validate(UnitFile.from_options([("Service", "ExecStart", value), ("Service", "Type", "simple")]))
