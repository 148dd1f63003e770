import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.model.names import InvalidNameError, UnitName, mangle, validate


@pytest.mark.parametrize("argument", ["a", "./a", "dir/a", "/tmp/dir/a.service"])
def test_an_argument_means_a_service_by_its_base_name(argument: str) -> None:
    assert mangle(argument) == "a.service"


def test_only_types_that_an_agent_runs_are_left_alone() -> None:
    assert mangle("a.timer") == "a.timer"
    assert mangle("a.target") == "a.target.service"
    assert mangle("t@.service") == "t@.service"
    assert mangle("t@1.2") == "t@1.2.service"


@pytest.mark.parametrize(
    ("name", "stem", "prefix", "instance", "template"),
    [
        ("foo.service", "foo", "foo", "", None),
        ("foo@1.service", "foo@1", "foo", "1", "foo@.service"),
        ("foo@a@b.service", "foo@a@b", "foo", "a@b", "foo@.service"),
        ("foo.x@1.2.timer", "foo.x@1.2", "foo.x", "1.2", "foo.x@.timer"),
        ("foo@.service", "foo@", "foo", "", None),
    ],
)
def test_the_parts_of_a_name(name: str, stem: str, prefix: str, instance: str, template: str | None) -> None:
    unit = UnitName(name)
    assert (unit.stem, unit.prefix, unit.instance, unit.template) == (stem, prefix, instance, template)


def test_a_template_is_not_an_instance() -> None:
    assert UnitName("foo@.service").is_template
    assert not UnitName("foo@.service").is_instance
    assert UnitName("foo@1.service").is_instance
    assert not UnitName("foo.service").is_template


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "cannot be empty"),
        ("a" * 249 + ".service", "longer than 256 bytes"),
        ("plain", 'must contain "."'),
        ("plain.", 'cannot end in "."'),
        ("plain.bogus", 'invalid unit type: "bogus"'),
        ("a+b.service", r"invalid character '\+' in unit name"),
        ("@.service", 'cannot start with "@"'),
        ("a@1.mount", 'invalid unit type for template: "mount"'),
    ],
)
def test_a_bad_name_is_refused_with_its_reason(name: str, problem: str) -> None:
    with pytest.raises(InvalidNameError, match=problem):
        validate(name)


@pytest.mark.parametrize("name", ["a.service", r"dev-disk\x2d1.device", "A:b_c.d-e@x@y.socket", "a.snapshot"])
def test_a_good_name_is_accepted(name: str) -> None:
    assert validate(name) == name


@given(st.text("ab@.-", min_size=1, max_size=10), st.sampled_from(["service", "socket", "timer"]))
def test_a_template_is_made_from_the_same_prefix_and_type(stem: str, kind: str) -> None:
    name = UnitName(f"{stem}.{kind}")
    if name.template:
        assert name.template.is_template
        assert (name.template.prefix, name.template.type) == (name.prefix, name.type)
        assert f"{name.prefix}@{name.instance}.{name.type}" == name
