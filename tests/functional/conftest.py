"""What a case may ask for: `lab`, three machines as in the standard set-up, with an empty registry."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cluster import settings as meant
from cluster.machine import Machine
from cluster.settings import Settings
from cluster.sharedfolder import shared_folder
from cluster.site import Site
from cluster.ssh import Ssh
from tests.functional import standard
from tests.functional.lab import FILES, Lab

SHARING = """\
Host *
  ControlMaster auto
  ControlPath {folder}/%C
  ControlPersist 600

"""
"""One connection a machine for all commands: a new one takes longer than most of them."""


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Say which cluster is meant: the one of the environment, with three machines."""
    try:
        return replace(meant.load(), machines=len(standard.IDS))
    except meant.SettingsError as error:
        pytest.exit(str(error), returncode=2)


@pytest.fixture(scope="session")
def connected(site: Site) -> Iterator[list[Machine]]:
    """Give the machines, each behind one connection that stays open."""
    with tempfile.TemporaryDirectory(prefix="fleet-", dir="/tmp") as folder:
        config = Path(folder) / "config"
        config.write_text(SHARING.format(folder=folder) + site.cluster.vagrant.ssh_config_file.read_text())
        ssh = Ssh(config, agent=site.cluster.agent.socket)
        machines = [replace(machine, ssh=ssh) for machine in site.cluster.machines]
        try:
            yield machines
        finally:
            for machine in machines:
                subprocess.run(["ssh", "-F", config, "-O", "exit", machine.name], check=False, capture_output=True)


@pytest.fixture(scope="session")
def identified(site: Site, connected: list[Machine]) -> Iterator[Lab]:
    """Give the machines with the ids and the metadata of the cases, as long as the session lasts."""
    with shared_folder(site.cluster.settings, "cases") as folder:
        lab = Lab(site.cluster, standard.nodes(connected), folder)
        standard.give_identities(lab)
        yield lab


@pytest.fixture
def lab(identified: Lab) -> Iterator[Lab]:
    """Give the machines with an empty registry and the standard files; prove afterwards that nothing is left."""
    for path in identified.folder.here.iterdir():
        subprocess.run(["rm", "-rf", path], check=True)
    identified.write_all(FILES)
    yield identified
    standard.clean(identified)
