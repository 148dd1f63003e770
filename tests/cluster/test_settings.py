"""What cluster is meant: defaults, overrides, and clear errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.settings import PROJECT, Settings, SettingsError, again, load


def write(folder: Path, text: str) -> Path:
    (folder / "cluster.yml").write_text(text)
    return folder


def test_the_projects_own_file_gives_six_machines() -> None:
    settings = load(environment={})
    assert settings.machine_names == ("core-01", "core-02", "core-03", "core-04", "core-05", "core-06")
    assert settings.address("core-03") == "192.168.57.103"
    assert settings.project == PROJECT


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    write(tmp_path, "machines: 4\nname: one\n")
    settings = load(tmp_path, {"CLUSTER_MACHINES": "3", "CLUSTER_SUBNET": "192.168.60", "HOME": "/"})
    assert (settings.machines, settings.name, settings.subnet) == (3, "one", "192.168.60")


def test_two_clusters_share_no_folder_and_no_label() -> None:
    one, two = Settings(name="one"), Settings(name="two")
    assert one.label != two.label
    assert one.container("core-01") != two.container("core-01")
    assert {one.dotfiles, one.journals}.isdisjoint({two.dotfiles, two.journals})


def test_the_environment_of_settings_reads_back_as_the_same_settings(tmp_path: Path) -> None:
    write(tmp_path, "")
    settings = Settings(name="x", machines=3, subnet="192.168.61", project=tmp_path)
    assert load(tmp_path, settings.environment) == settings


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("machine: 3", "unknown machine; known are name, prefix, machines"),
        ("machines: many", "machines: 'many' is not a whole number"),
        ("machines: 0", "machines: 0 is not between 2 and 99"),
        ("units: ../elsewhere", "is not inside the project"),
        ("subnet: 192.168.57.0", "is not three numbers"),
        ("subnet: 172.17.8", "lies inside docker's own"),
        ("name: Two Words", "is not a lower-case host name"),
        ("name: evidence", "no cluster is called bench, downloads, evidence, host, nightly, stores, wheels"),
        ("- a", "is not a list of `key: value` lines"),
        ("a: [", "is not YAML"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_reason(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says.replace("[", r"\[")):
        load(write(tmp_path, text), {})


def test_a_misspelt_variable_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="unknown CLUSTER_MACHINE; known are"):
        load(write(tmp_path, ""), {"CLUSTER_MACHINE": "3"})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read .*cluster.yml"):
        load(tmp_path, {})


def test_one_machine_is_too_few_for_etcd(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="machines: 1 is not between 2 and 99"):
        load(write(tmp_path, ""), {"CLUSTER_MACHINES": "1"})


def test_vagrant_alone_knows_the_cluster_of_the_file_and_no_other(tmp_path: Path) -> None:
    write(tmp_path, "name: one\n")
    assert load(tmp_path, {}).dotfiles == tmp_path / ".vagrant"
    assert load(tmp_path, {"CLUSTER_NAME": "two"}).dotfiles == tmp_path / ".cluster/two/vagrant"


def test_a_command_is_given_with_the_variables_it_needs() -> None:
    given = {"HOME": "/", "CLUSTER_SUBNET": "192.168.60", "CLUSTER_NAME": "a b"}
    assert again("./toxw", given) == "CLUSTER_NAME='a b' CLUSTER_SUBNET=192.168.60 ./toxw"
