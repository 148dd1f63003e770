"""What fleetd keeps on disk, says to systemd, and calls things on its bus."""

import asyncio
import configparser
import os
import socket
from pathlib import Path

import pytest

from fleet.daemon.bus import unit_path
from fleet.daemon.config import Config
from fleet.daemon.connection import Endpoint
from fleet.daemon.daemon import FAREWELL, LAST_WORDS
from fleet.daemon.machine import Identity, NoIdentity
from fleet.daemon.notify import inherited_sockets, notify, report_alive
from fleet.daemon.reloader import Reloader
from fleet.daemon.store import Held, Store
from fleet.model.unitfile import UnitFile
from tests.fleet.daemon.machines import SLEEP, DummySystemd


def test_units_and_answers_outlast_fleetd(tmp_path: Path) -> None:
    store, unit_file = Store(tmp_path / "units"), UnitFile.parse(SLEEP)
    assert store.scan() == {}
    store.write("a.service", unit_file)
    store.note(Held("a.service", unit_file.hash, 42, started=True))
    assert Store(tmp_path / "units").scan() == {
        "a.service": Held("a.service", unit_file.hash, 42, started=True),
    }
    store.remove("a.service")
    assert store.scan() == {}


def test_a_unit_that_was_not_loaded_to_the_end_has_no_hash(tmp_path: Path) -> None:
    store = Store(tmp_path / "units")
    store.scan()
    store.write("a.service", UnitFile.parse(SLEEP))
    assert store.scan() == {"a.service": Held("a.service", "")}


def test_a_unit_is_adopted_whatever_blanks_its_options_have(tmp_path: Path) -> None:
    store = Store(tmp_path / "units")
    store.scan()
    unit_file = UnitFile.from_options([("Service", "ExecStart", " /bin/true "), ("Unit", "Description", "")])
    store.write("a.service", unit_file)
    store.note(Held("a.service", unit_file.hash, 3))
    assert store.scan()["a.service"].hash == unit_file.hash


def test_the_file_holds_the_canonical_text_for_all_to_read(tmp_path: Path) -> None:
    store = Store(tmp_path / "units")
    store.scan()
    store.write("a.service", UnitFile.parse("# no comment\n[Service]\nExecStart = /bin/true\n"))
    path = store.path("a.service")
    assert path.read_text() == "[Service]\nExecStart=/bin/true\n"
    assert path.stat().st_mode & 0o777 == 0o644


def test_other_files_are_not_fleets_and_damaged_ones_have_no_hash(tmp_path: Path) -> None:
    store = Store(tmp_path / "units")
    store.scan()
    store.path("README").write_text("hello")
    store.path("x.target").write_text("[Unit]\n")
    store.path("\xfc.service").write_text("[Unit]\n")
    store.path("bad.service").write_bytes(b"[Unit]\n\xff\xfe")
    assert store.scan() == {"bad.service": Held("bad.service", "")}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a.service", "a_2eservice"),
        ("web@3.service", "web_403_2eservice"),
        ("1a-b_c.timer", "_31a_2db_5fc_2etimer"),
    ],
)
def test_object_paths_are_systemds(name: str, path: str) -> None:
    assert unit_path(name) == f"/org/freedesktop/systemd1/unit/{path}"


async def test_reloads_that_are_asked_for_together_are_one() -> None:
    systemd = DummySystemd()
    reloader = Reloader(systemd)
    await asyncio.gather(*(reloader.reload() for _ in range(20)))
    assert systemd.count("reload", "") == 1
    await reloader.reload()
    assert systemd.count("reload", "") == 2


def test_a_machine_needs_an_id(tmp_path: Path) -> None:
    file = tmp_path / "machine-id"
    with pytest.raises(NoIdentity):
        Identity.read(Config(), file)
    file.write_text("1111aaaa\n")
    identity = Identity.read(Config(public_ip="10.0.0.1"), file)
    assert (identity.id, identity.ip) == ("1111aaaa", "10.0.0.1")
    assert identity.instance != Identity.read(Config(), file).instance


def test_systemd_is_told_when_the_api_is_up(tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        notify("READY=1", {"NOTIFY_SOCKET": str(path)})
        assert manager.recv(64) == b"READY=1"
    notify("READY=1", {})


async def test_systemd_hears_that_fleetd_lives_if_it_listens(tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.setblocking(False)
        alive = asyncio.ensure_future(report_alive({"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "30000"}))
        for _ in range(3):
            assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(manager, 64), 10) == b"WATCHDOG=1"
        assert not alive.done()
        alive.cancel()
    await asyncio.wait_for(report_alive({}), 10)


async def test_a_manager_that_is_away_ends_no_report(tmp_path: Path) -> None:
    alive = asyncio.ensure_future(report_alive({"NOTIFY_SOCKET": str(tmp_path / "nobody"), "WATCHDOG_USEC": "3000000"}))
    done, _ = await asyncio.wait({alive}, timeout=0.05)
    assert not done
    alive.cancel()


def test_systemd_restarts_a_fleetd_that_crashes_or_hangs_however_often() -> None:
    service = configparser.ConfigParser()
    service.read(Path(__file__).parents[3] / "images/machine/files/etc/systemd/system/fleet.service")
    assert service["Service"]["Restart"] == "always"
    assert service["Service"]["WatchdogSec"] == "5min", "a machine that was frozen for a while needs no new fleetd"
    assert service["Unit"]["StartLimitIntervalSec"] == "0"
    assert int(service["Service"]["TimeoutStopSec"]) > FAREWELL + LAST_WORDS


def test_sockets_meant_for_another_process_are_not_taken() -> None:
    environment = {"LISTEN_PID": str(os.getpid() + 1), "LISTEN_FDS": "2", "LISTEN_FDNAMES": "x"}
    assert inherited_sockets(environment) == []
    assert environment == {}


@pytest.mark.parametrize(
    ("server", "address", "secure"),
    [
        ("http://127.0.0.1:2379", "127.0.0.1:2379", False),
        ("https://etcd", "etcd:2379", True),
        ("10.0.0.1:4001", "10.0.0.1:4001", False),
        ("http://[::1]:2379", "[::1]:2379", False),
    ],
)
def test_etcd_addresses(server: str, address: str, secure: bool) -> None:
    assert Endpoint.of(server) == (address, secure)


def test_what_cannot_be_spoken_to_is_said() -> None:
    with pytest.raises(ValueError, match="it must be http://host:port or https://host:port"):
        Endpoint.of("ftp://etcd:2379")
