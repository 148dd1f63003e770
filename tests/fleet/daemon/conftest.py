"""A real etcd for the tests of fleetd, and machines whose systemd is a dummy."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fleet.daemon.machines import Cluster


class EtcdServer:
    """One etcd process on a loopback port of its own; it can be stopped, frozen and started again with its data."""

    def __init__(self, directory: Path, scheme: str = "http", flags: Sequence[str] = ()) -> None:
        binary = shutil.which("etcd")
        if binary is None:
            pytest.fail("the tests of fleetd need a real etcd: apt-get install etcd-server", pytrace=False)
        self._scheme, self.port, peer = scheme, _free_port(), _free_port()
        self.url, peers = f"{scheme}://127.0.0.1:{self.port}", f"http://127.0.0.1:{peer}"
        self._command = [
            binary,
            "--data-dir",
            str(directory),
            "--name",
            "one",
            "--logger",
            "zap",
            "--log-level",
            "error",
        ]
        self._command += [*flags, "--listen-client-urls", self.url, "--advertise-client-urls", self.url]
        self._command += ["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers]
        self._command += ["--initial-cluster", f"one={peers}"]
        self._log = directory.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def move(self) -> None:
        """Start it again, listening elsewhere."""
        old, self.port = self.url, _free_port()
        self.url = f"{self._scheme}://127.0.0.1:{self.port}"
        self._command = [self.url if word == old else word for word in self._command]
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def stop(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def compact(self, revision: int) -> None:
        """Make it forget everything before a revision."""
        self.control("compact", "--physical", str(revision))

    def control(self, *words: str) -> None:
        """Run etcdctl."""
        etcdctl = shutil.which("etcdctl")
        if etcdctl is None:
            pytest.fail("this test needs etcdctl: apt-get install etcd-client", pytrace=False)
        environment = {**os.environ, "ETCDCTL_API": "3"}
        command = [etcdctl, f"--endpoints={self.url}", *words]
        subprocess.run(command, check=True, capture_output=True, env=environment)

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def shared_etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServer]:
    server = EtcdServer(tmp_path_factory.mktemp("etcd") / "data")
    yield server
    server.stop()


@pytest.fixture
def own_etcd(tmp_path: Path) -> Iterator[EtcdServer]:
    """An etcd that a test may break."""
    server = EtcdServer(tmp_path / "data")
    yield server
    server.thaw()
    server.stop()


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    return f"/fleet-tests/{request.node.name}/{id(request)}/"


@pytest_asyncio.fixture
async def cluster(shared_etcd: EtcdServer, prefix: str, tmp_path: Path) -> AsyncIterator[Cluster]:
    async with Cluster(shared_etcd.url, prefix, tmp_path) as cluster:
        yield cluster


@pytest_asyncio.fixture
async def fragile(own_etcd: EtcdServer, prefix: str, tmp_path: Path) -> AsyncIterator[Cluster]:
    """A cluster on an etcd of its own."""
    async with Cluster(own_etcd.url, prefix, tmp_path) as cluster:
        yield cluster
