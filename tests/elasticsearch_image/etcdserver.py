"""A real etcd of one member, on loopback ports of its own."""

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from cluster.eventually import eventually


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class EtcdServer:
    """Starts at once; can be stopped and started again with its data, or without."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._port, self._peer = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        binary = shutil.which("etcd")
        if binary is None:
            pytest.fail("these tests need a real etcd: apt-get install etcd-server", pytrace=False)
        peer = f"http://127.0.0.1:{self._peer}"
        arguments = [
            "--data-dir",
            str(self._data),
            "--listen-client-urls",
            self.url,
            "--advertise-client-urls",
            self.url,
        ]
        arguments += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
        arguments += ["--initial-cluster", f"default={peer}", "--unsafe-no-fsync"]
        log = (self._data.parent / "etcd.log").open("ab")
        self._process = subprocess.Popen([binary, *arguments], stdout=log, stderr=log)
        log.close()
        eventually("etcd answers", self._answers, within=20)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def lose_its_data(self) -> None:
        """Have it begin anew; told the same members, it has the same id as before."""
        self.stop()
        shutil.rmtree(self._data)
        self.start()

    def _answers(self) -> bool:
        from toolkit.etcd import Etcd

        return Etcd(self.url).get("/")[1] > 0
