"""fleetd as a process: its sockets, its signals, its name, its arguments."""

import asyncio
import configparser
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from fleet.daemon import main as command
from tests.fleet.daemon.conftest import EtcdServer

FILES = Path(__file__).parents[3] / "images/machine/files"
MACHINE_ID = Path("/etc/machine-id")


class Process:
    """A fleetd with two sockets of systemd's, one of them TCP."""

    def __init__(self, etcd: EtcdServer, prefix: str, directory: Path) -> None:
        self.conf = directory / "fleet.conf"
        self.socket = directory / "fleet.sock"
        self._log = directory / "log"
        units = directory / "units"
        self._fixed = (
            f"etcd_servers={etcd.url}\netcd_key_prefix={prefix}\npublic_ip=10.99.0.1\nunits_directory={units}\n"
        )
        self.configure("metadata=region=a")
        self._sockets = [socket.socket(socket.AF_UNIX), socket.socket(socket.AF_INET)]
        self._sockets[0].bind(str(self.socket))
        self._sockets[1].bind(("127.0.0.1", 0))
        for one in self._sockets:
            one.listen()
        self.endpoints = ["http://fleet", f"http://127.0.0.1:{self._sockets[1].getsockname()[1]}"]

    def configure(self, line: str) -> None:
        self.conf.write_text(self._fixed + line + "\n")

    @property
    def log(self) -> str:
        return self._log.read_text()

    async def start(self) -> None:
        # As systemd does it: the sockets are 3 and 4, and LISTEN_PID is the process that replaces the shell.
        numbers = [one.fileno() for one in self._sockets]
        moves = " ".join(f"{at}<&{number}" for at, number in zip((3, 4), numbers, strict=True))
        run = f'exec {moves}; LISTEN_PID=$$ LISTEN_FDS=2 exec "$0" -m tests.fleet.daemon.fleetd_process -config "$1"'
        with self._log.open("w") as log:
            self.process = await asyncio.create_subprocess_exec(
                *("/bin/bash", "-c", run, sys.executable, str(self.conf)),
                cwd=Path(__file__).parents[3],
                pass_fds=numbers,
                stdout=log,
                stderr=log,
            )

    async def get(self, path: str, endpoint: int = 0) -> tuple[int, Any]:
        connector = aiohttp.UnixConnector(str(self.socket)) if endpoint == 0 else aiohttp.TCPConnector()
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get(self.endpoints[endpoint] + path) as reply,
        ):
            return reply.status, json.loads(await reply.text())

    async def metadata(self, endpoint: int = 0) -> Any:
        _, body = await self.get("/fleet/v1/machines", endpoint)
        return body.get("machines", [{}])[0].get("metadata")


async def until(probe: Any, wanted: Any) -> None:
    async with asyncio.timeout(30):
        while await probe() != wanted:
            await asyncio.sleep(0.05)


@pytest_asyncio.fixture
async def fleetd(shared_etcd: EtcdServer, prefix: str, tmp_path: Path) -> AsyncIterator[Process]:
    if not MACHINE_ID.is_file() or not MACHINE_ID.read_text().strip():
        pytest.skip("this host has no /etc/machine-id, and fleetd refuses to start without")
    process = Process(shared_etcd, prefix, tmp_path)
    await process.start()
    yield process
    if process.process.returncode is None:
        process.process.kill()
    await process.process.wait()
    for one in process._sockets:
        one.close()


async def test_fleetd_serves_every_socket_of_systemds_and_keeps_them_over_sighup(fleetd: Process) -> None:
    await until(fleetd.metadata, {"region": "a"})
    assert await fleetd.metadata(1) == {"region": "a"}
    fleetd.configure("metadata=region=b,disk=ssd")
    fleetd.process.send_signal(signal.SIGHUP)
    await until(fleetd.metadata, {"region": "b", "disk": "ssd"})
    assert await fleetd.metadata(1) == {"region": "b", "disk": "ssd"}
    fleetd.configure("nonsense")
    fleetd.process.send_signal(signal.SIGHUP)
    await until(lambda: asyncio.to_thread(lambda: "the old one stays" in fleetd.log), True)
    assert await fleetd.metadata() == {"region": "b", "disk": "ssd"}
    assert fleetd.log.count("Reloading configuration") == 2
    assert "Failed serving HTTP on listener:" not in fleetd.log


async def test_after_sighup_fleetd_still_ends_at_once_when_it_is_told_to(fleetd: Process) -> None:
    await until(fleetd.metadata, {"region": "a"})
    fleetd.process.send_signal(signal.SIGHUP)
    fleetd.process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(fleetd.process.wait(), 10) == 0


async def test_sigusr1_writes_the_state_to_stdout(fleetd: Process) -> None:
    await until(fleetd.metadata, {"region": "a"})
    fleetd.process.send_signal(signal.SIGUSR1)
    await until(lambda: asyncio.to_thread(lambda: '{"machine": {"id": ' in fleetd.log), True)
    assert fleetd.process.returncode is None


@pytest.mark.parametrize("arguments", [["version"], ["-version"], ["--version"]])
def test_fleetd_tells_its_version(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fleetd", *arguments])
    assert command.main() == 0
    assert capsys.readouterr().out == "fleetd version 1.0.0\n"


@pytest.mark.parametrize("arguments", [["-weather"], ["run"], ["-config", "/does/not/exist"]])
def test_other_arguments_end_fleetd(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["fleetd", *arguments])
    assert command.main() == 1


def test_the_process_is_called_fleetd_for_pidof_for_ps_and_in_the_journal(tmp_path: Path) -> None:
    """A script's process has the interpreter's name on its command line, and pidof looks there."""
    unit = configparser.ConfigParser()
    unit.read(FILES / "etc/systemd/system/fleet.service")
    interpreter, name, *rest = unit["Service"]["ExecStart"].removeprefix("@").split()
    assert unit["Service"]["ExecStart"].startswith("@")
    assert (name, rest[-1], unit["Service"]["SyslogIdentifier"]) == ("fleetd", "/usr/bin/fleetd", "fleetd")
    assert (FILES / "usr/bin/fleetd").read_text().startswith(f"#!{interpreter} -IS\n")
    assert rest[:-1] == ["-IS"]
    probe = tmp_path / "probe"
    probe.write_text(f"import sys\nsys.path.insert(0, {str(FILES.parents[2])!r})\n" + NAMES)
    told = subprocess.run([name, "-IS", str(probe)], executable=interpreter, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["fleetd", "fleetd"]


NAMES = """
from fleet.daemon.notify import take_name
take_name("fleetd")
print(open("/proc/self/comm").read().strip(), open("/proc/self/cmdline").read().split("\\0")[0])
"""
