"""The three files that a user takes home: what fleet and systemd read in them, and that they agree with the image."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("", "-startup_lease", "-discovery")

sys.path.insert(0, str(ROOT / "images" / "elasticsearch"))


def text(name: str) -> str:
    return (ROOT / "units" / f"elasticsearch_logging{name}@.service").read_text()


def options(source: str) -> dict[str, list[str]]:
    """Read `Section.Key` and its values, with continued lines joined."""
    found: dict[str, list[str]] = {}
    section = ""
    lines = [line for line in source.splitlines() if not line.startswith(("#", ";"))]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line:
            key, _, value = line.partition("=")
            found.setdefault(f"{section}.{key}", []).append(value.strip())
    return found


def defaults(name: str) -> dict[str, str]:
    pattern = r'"([^"]*)"|(\S+)'
    words = [a or b for value in options(text(name))["Service.Environment"] for a, b in re.findall(pattern, value)]
    return dict(word.split("=", 1) for word in words)


def passed(name: str) -> set[str]:
    return set(re.findall(r"-e (?:\"?)([A-Z_]+)", options(text(name))["Service.ExecStart"][0]))


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_longer_than_fleet_reads(name: str) -> None:
    assert max(map(len, text(name).splitlines())) < 2048


@pytest.mark.parametrize("name", NAMES)
def test_no_container_outlives_its_unit(name: str) -> None:
    """Also not one whose docker run was killed: a lease's would hold the lock for ever, if its unit was moved."""
    (after,) = options(text(name))["Service.ExecStopPost"]
    assert re.search(r"docker stop -t \d+ %p-%i .* && docker rm --force %p-%i ", after)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_container_is_given_is_known_to_it(name: str) -> None:
    from toolkit.settings import NAMES

    assert passed(name) - NAMES == set()


@pytest.mark.parametrize("name", NAMES)
def test_what_a_unit_sets_reaches_the_container(name: str) -> None:
    used_by_the_unit = {"IMAGE", "DATA", "FLEET_SOCKET", "DOCKER_OPTS"}
    assert set(defaults(name)) - passed(name) - used_by_the_unit == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_default_is_the_images_own(name: str) -> None:
    from toolkit.settings import Settings

    own = Settings("elasticsearch_logging", "1", "")
    for variable in passed(name) & set(defaults(name)) - {"LABEL", "CLUSTER_NAME"}:
        assert defaults(name)[variable].replace("%%", "%") == str(getattr(own, variable.lower())), variable


@pytest.mark.parametrize("name", NAMES)
def test_machine_and_user_settings_are_read_in_that_order_after_the_defaults(name: str) -> None:
    expected = ["/etc/environment", "-/etc/default/elasticsearch_logging"]
    assert options(text(name))["Service.EnvironmentFile"] == expected
    assert text(name).rindex("\nEnvironment=") < text(name).index("\nEnvironmentFile=")


def test_the_recorders_spool_lies_beside_the_data_where_it_is_not_handed_over_to_the_node() -> None:
    from toolkit.node import SPOOL
    from toolkit.settings import Settings

    (run,) = options(text("-discovery"))["Service.ExecStart"]
    assert f" --volume=${{DATA}}/{SPOOL}:{Settings('l', '1', 'ip').marvel_spool} " in run
    assert defaults("-discovery")["DATA"] == defaults("")["DATA"].replace("%p", "elasticsearch_logging")


def test_one_node_a_machine_and_the_sidekicks_beside_it() -> None:
    assert options(text(""))["X-Fleet.Conflicts"] == ["%p@*.service"]
    for name in NAMES[1:]:
        assert options(text(name))["X-Fleet.MachineOf"] == ["elasticsearch_logging@%i.service"]


def test_a_sidekick_that_dies_never_takes_the_node_with_it() -> None:
    assert not {"Unit.Requires", "Unit.BindsTo", "Unit.PartOf", "Unit.Requisite"} & set(options(text("")))


def test_the_sidekicks_start_and_stop_with_the_node() -> None:
    wanted = options(text(""))["Unit.Wants"][0].split()
    assert {"%p-startup_lease@%i.service", "%p-discovery@%i.service"} <= set(wanted)
    for name in NAMES[1:]:
        assert options(text(name))["Unit.PartOf"] == ["elasticsearch_logging@%i.service"]


def test_each_start_of_the_node_comes_after_a_new_start_of_its_lease() -> None:
    assert "%p-startup_lease@%i.service" in options(text(""))["Unit.After"][0].split()


def test_the_node_is_restarted_for_ever_and_the_lease_only_when_it_failed() -> None:
    restarts = {name: options(text(name))["Service.Restart"] for name in NAMES}
    assert restarts == {"": ["always"], "-startup_lease": ["on-failure"], "-discovery": ["always"]}
    assert all(options(text(name))["Service.StartLimitInterval"] == ["0"] for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_no_start_is_let_through_by_a_failure_that_does_not_count(name: str) -> None:
    """An ExecStart that may fail was how the first of these units let nodes start without the lease."""
    assert not options(text(name))["Service.ExecStart"][0].startswith("-")


@pytest.mark.parametrize("name", NAMES)
def test_a_renamed_copy_has_nothing_of_the_first_cluster_but_its_nodes_label(name: str) -> None:
    command = text("").partition("A second cluster: ")[2].partition(" over")[0]
    sed = subprocess.run(command.replace("NAME", "audit").split(), input=text(name), text=True, capture_output=True)
    assert sed.returncode == 0
    assert "elasticsearch_logging" not in sed.stdout.replace("NODE_LABEL=ElasticSearch_logging", "").lower()


def test_a_second_cluster_is_made_by_one_command_in_the_unit_and_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    command = text("").partition("A second cluster: ")[2].partition(" over")[0]
    assert f"do {command.replace('NAME', 'elasticsearch_audit')} $unit >" in readme
    settings = readme.partition("sudo tee /etc/default/elasticsearch_audit <<END\n")[2].partition("END\n")[0]
    own = {line.partition("=")[0] for line in settings.splitlines()}
    assert {"HTTP_PORT", "TRANSPORT_PORT", "NODE_LABEL"} <= own


@pytest.mark.parametrize("name", NAMES)
def test_percent_signs_are_specifiers_or_doubled(name: str) -> None:
    source = "\n".join(line for line in text(name).splitlines() if not line.startswith("#"))
    assert set(re.findall(r"%(.)", source)) <= {"p", "i", "n", "m", "%"}


def test_all_three_run_the_same_image_on_the_same_etcd_and_ports() -> None:
    for variable in ("IMAGE", "ETCD", "HTTP_PORT", "TRANSPORT_PORT", "INSTANCES"):
        assert len({defaults(name)[variable] for name in NAMES}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_container_says_whose_it_is_so_that_the_fence_can_kill_it(name: str) -> None:
    (run,) = re.findall(r"^(?!#).*docker run .*", text(name), re.MULTILINE)
    assert " --label=fleet.unit=%n " in run
