"""FLEET_RELEASE: upstream's binaries on the machines, and what the suite makes of them. Nobody has the binaries."""

from __future__ import annotations

import configparser
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cluster import deploy, release
from cluster.settings import PROJECT, SettingsError, again, load
from tests.cluster.test_vagrantfile import configuration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in release.BINARIES:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def test_the_folder_is_taken_whole_and_is_meant_by_every_process_of_the_run(folder: Path) -> None:
    settings = load(environment={"FLEET_RELEASE": str(folder)})
    assert settings.release == folder
    assert settings.environment["FLEET_RELEASE"] == str(folder)
    assert load(environment={}).release is None
    assert "FLEET_RELEASE" not in load(environment={}).environment
    assert again("tox", {"FLEET_RELEASE": "/f", "CLUSTER_NAME": "a"}) == "CLUSTER_NAME=a FLEET_RELEASE=/f tox"


@pytest.mark.parametrize("missing", release.BINARIES)
def test_a_folder_without_one_of_the_programs_is_refused(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(SettingsError, match=f"FLEET_RELEASE: {folder} holds no {missing}; it is to hold fleetd and"):
        load(environment={"FLEET_RELEASE": str(folder)})


def test_a_program_that_is_not_executable_is_refused_with_its_cure(folder: Path) -> None:
    (folder / "fleetctl").chmod(0o644)
    with pytest.raises(SettingsError, match=f"fleetctl is not executable: chmod [+]x {folder}/fleetctl"):
        load(environment={"FLEET_RELEASE": str(folder)})


def test_a_file_or_a_place_that_is_not_there_is_refused(folder: Path) -> None:
    for given in (folder / "fleetd", folder / "none"):
        with pytest.raises(SettingsError, match=f"FLEET_RELEASE: {given} is no folder"):
            load(environment={"FLEET_RELEASE": str(given)})


def mounts(**environment: str) -> dict[str, str]:
    """What is mounted into a container, read-only, by its place there."""
    arguments = configuration("docker", **environment)["docker"]["create_args"]
    volumes = [word.removeprefix("--volume=").split(":") for word in arguments if word.startswith("--volume=")]
    return {there: here for here, there, mode in volumes if mode == "ro"}


def test_every_machine_gets_the_binaries_and_the_settings_of_their_services(folder: Path) -> None:
    there = mounts(FLEET_RELEASE=str(folder))
    assert there["/opt/fleet"] == str(folder)
    assert there["/usr/bin/fleetctl"] == str(folder / "fleetctl")
    for service in ("fleet", "etcd2"):
        source = there[f"/etc/systemd/system/{service}.service.d/40-upstream.conf"]
        assert Path(source).samefile(PROJECT / "cloud-config" / "upstream" / f"{service}.conf")


def test_without_the_variable_nothing_of_it_is_there() -> None:
    assert not [place for place in mounts(FLEET_RELEASE="") if "upstream" in place or "fleet" in place]


def settings_of(path: Path) -> dict[str, list[str]]:
    """The [Service] settings of a unit file, all values of each."""
    values: dict[str, list[str]] = {}
    for line in path.read_text().split("[Service]")[1].splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            values.setdefault(name, []).append(value)
    return values


def test_fleet_service_runs_upstreams_fleetd_of_which_systemd_expects_no_word() -> None:
    upstream = settings_of(PROJECT / "cloud-config/upstream/fleet.conf")
    assert upstream["ExecStart"] == ["", "/opt/fleet/fleetd"]
    assert (upstream["Type"], upstream["WatchdogSec"]) == (["simple"], ["0"])
    ours = PROJECT / "images/machine/files/etc/systemd/system"
    assert "User" not in settings_of(ours / "fleet.service"), "root needs no rule of polkit"
    socket = configparser.ConfigParser(strict=False)
    socket.read(ours / "fleet.socket")
    assert socket["Socket"]["ListenStream"] == "/var/run/fleet.sock"


def test_etcd_serves_the_api_that_upstream_speaks_at_the_address_that_it_takes_by_default() -> None:
    assert settings_of(PROJECT / "cloud-config/upstream/etcd2.conf")["Environment"] == ["ETCD_ENABLE_V2=true"]
    user_data = (PROJECT / "cloud-config/user-data").read_text()
    assert "listen_client_urls: http://0.0.0.0:2379" in user_data
    assert "--listen-addr=127.0.0.1:2379" in user_data


def test_what_the_harness_types_has_two_dashes_and_keeps_all_else() -> None:
    assert release.two_dashes(deploy.STOP) == deploy.STOP.replace(" -block", " --block")
    for command in (deploy.DESTROY, deploy.SUBMIT, deploy.LOAD, deploy.START):
        assert release.two_dashes(command) == command
    assert release.two_dashes("fleetctl stop --no-block a-b") == "fleetctl stop --no-block a-b"


class Registry(BaseHTTPRequestHandler):
    value: str | None = None

    def do_GET(self) -> None:
        self.send_response(200 if self.value and self.path == release.LEADER else 404)
        self.end_headers()
        self.wfile.write(json.dumps({"node": {"value": self.value}}).encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def etcd(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever).start()
    monkeypatch.setattr(release, "PORT", server.server_port)
    yield "127.0.0.1"
    server.shutdown()
    server.server_close()


def test_who_leads_upstreams_engine_is_read_from_its_own_registry(etcd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert release.leader(etcd) is None
    monkeypatch.setattr(Registry, "value", '{"MachineID":"abc","Version":1}')
    assert release.leader(etcd) == "abc"
