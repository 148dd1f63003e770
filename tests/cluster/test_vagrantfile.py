"""The Vagrantfile, loaded by Vagrant itself for each provider; no provider is needed for that."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LOADER = Path(__file__).with_name("vagrantfile.rb")
SHARE = "/home/core/share"


def configuration(provider: str, machine: str = "core-02", **environment: str) -> dict[str, Any]:
    """Return what the Vagrantfile says for a machine under a provider."""
    done = subprocess.run(
        ["ruby", str(LOADER), str(PROJECT), machine, provider],
        env=os.environ | {"VAGRANT_NO_PLUGINS": "1", "VAGRANT_CHECKPOINT_DISABLE": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module", params=["docker", "virtualbox", "libvirt"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def loaded(provider: str) -> dict[str, Any]:
    return configuration(provider)


def test_every_provider_makes_the_same_machine(loaded: dict[str, Any]) -> None:
    assert loaded["hostname"] == "core-02"
    assert loaded["username"] == "core"
    assert loaded["insert_key"] is False
    assert loaded["forward_agent"] is True
    assert loaded["machines"] == [f"core-0{number}" for number in range(1, 7)]


def test_every_provider_shares_the_project_and_nothing_else(loaded: dict[str, Any], provider: str) -> None:
    folders = {folder["type"]: folder for folder in loaded["folders"].values() if not folder["disabled"]}
    kind = "docker" if provider == "docker" else "nfs"
    assert list(folders) == [kind]
    assert folders[kind]["host"] == "."


def test_virtual_machines_get_their_address_once_and_the_user_data(loaded: dict[str, Any], provider: str) -> None:
    if provider == "docker":
        return  # its address and user-data are arguments of the container, below
    assert [ip for kind, ip in loaded["networks"] if kind == "private_network"] == ["192.168.57.102"]
    assert loaded["box"] == "flatcar-stable"
    assert loaded["provisioners"] == ["file", "shell"]


def test_a_container_gets_no_box_and_its_address_user_data_and_label() -> None:
    loaded = configuration("docker")
    arguments = loaded["docker"]["create_args"]
    assert loaded["box"] is None
    assert [kind for kind, _ in loaded["networks"] if kind == "private_network"] == []
    assert loaded["docker"]["name"] == "esfleet-core-02"
    assert loaded["docker"]["env"] == {"COREOS_PRIVATE_IPV4": "192.168.57.102", "CLUSTER_NAME": "esfleet"}
    assert {"--network=esfleet", "--ip=192.168.57.102", "--label=elasticsearch-fleet.cluster=esfleet"} <= set(arguments)
    assert "--pull=never" in arguments
    assert any(word.endswith(":/var/lib/coreos-vagrant/vagrantfile-user-data:ro") for word in arguments)


def test_every_default_has_an_override_in_the_environment() -> None:
    loaded = configuration(
        "docker",
        "node-01",
        CLUSTER_NAME="two",
        CLUSTER_SUBNET="192.168.60",
        CLUSTER_MACHINES="2",
        CLUSTER_PREFIX="node",
    )
    assert loaded["machines"] == ["node-01", "node-02"]
    assert loaded["docker"]["name"] == "two-node-01"
    assert {"--network=two", "--ip=192.168.60.101"} <= set(loaded["docker"]["create_args"])


def test_a_machine_image_that_is_gone_is_told_with_its_cure_and_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    for name in ("Vagrantfile", "cluster.yml", "cluster/docker_provider.rb"):
        shutil.copy(PROJECT / name, tmp_path / name)
    (tmp_path / ".cluster").mkdir()
    said = {"machine": "elasticsearch-fleet/machine:gone", "store": None, "dropped_capabilities": []}
    (tmp_path / ".cluster" / "images.yml").write_text(json.dumps(said))
    done = subprocess.run(
        ["vagrant", "up", "--provider=docker"],
        cwd=tmp_path,
        env=os.environ | {"VAGRANT_CHECKPOINT_DISABLE": "1", "CLUSTER_NAME": "no-image", "CLUSTER_MACHINES": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "The machine image elasticsearch-fleet/machine:gone is not built yet, or gone." in done.stderr
    assert "./toxw -e cluster -- images" in done.stderr
    assert (tmp_path / ".cluster" / "no-image" / "journals").is_dir()
    assert subprocess.run(["docker", "network", "inspect", "no-image"], capture_output=True, check=False).returncode


def test_leases_on_ports_that_a_killed_command_left_are_gone_before_the_machines_come_up(tmp_path: Path) -> None:
    """Vagrant's threads delete old ones all at once, and the second to do so fails."""
    leases = tmp_path / "data" / "fp-leases"
    leases.mkdir(parents=True)
    for lease in ("127_0_0_1_25701", "127_0_0_1_25706", "127_0_0_1_2200", "127_0_0_1_2201"):
        (leases / lease).touch()
    os.utime(leases / "127_0_0_1_2200", (0, 0))
    configuration("docker", VAGRANT_HOME=str(tmp_path))
    assert [lease.name for lease in leases.iterdir()] == ["127_0_0_1_2201"]
