"""Behind `etcd gateway`, one member frozen: it accepts connections and answers none."""

import socket
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest
from toolkit import hosts
from toolkit.etcd import PATIENCE, Etcd, EtcdUnavailable, absent, put

from cluster.eventually import eventually
from tests.elasticsearch_image.conftest import Instance
from tests.elasticsearch_image.etcdserver import EtcdServer, free_port


@pytest.fixture
def frozen() -> Iterator[str]:
    """The address of a member whose kernel accepts, and which never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def gateway(frozen: str, shared_etcd: EtcdServer) -> Iterator[Etcd]:
    """A client behind a real gateway, which gives the frozen member every second connection."""
    port, living = free_port(), shared_etcd.url.removeprefix("http://")
    command = ["etcd", "gateway", "start", f"--listen-addr=127.0.0.1:{port}", f"--endpoints={frozen},{living}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = Etcd(f"http://127.0.0.1:{port}")
    try:
        eventually("the gateway leads to etcd", lambda: client.get("/")[1] > 0, within=20)
        yield client
    finally:
        process.kill()
        process.wait()


def test_everything_is_answered_within_the_time_in_which_the_frozen_member_is_found_out(gateway: Etcd) -> None:
    for number in range(3):
        began = time.monotonic()
        assert gateway.get("/")[1] > 0
        assert gateway.keep_alive(gateway.grant(60))
        assert gateway.transact([absent(f"/done/{number}")], [put(f"/done/{number}", "once")])
        assert time.monotonic() - began < 4 * (PATIENCE + 1)


@pytest.fixture
def mute_twice() -> Iterator[str]:
    """An address whose first two connections lead to a frozen member, and the third to a living one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            mute = [listener.accept()[0], listener.accept()[0]]
            with listener.accept()[0] as living:
                for body in (b"{}", b'{"header": {"revision": "7"}}'):
                    living.recv(4096)
                    living.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            for one in mute:
                one.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_the_frozen_member_may_be_met_two_times_in_a_row(mute_twice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.etcd.PATIENCE", 0.2)
    assert Etcd(mute_twice).get("/") == (None, 7)


def test_a_watch_is_begun_where_it_is_served(gateway: Etcd, shared_etcd: EtcdServer) -> None:
    direct = Etcd(shared_etcd.url)
    revision = direct.get("/")[1]
    for _ in range(2):
        direct.transact([], [put("/watched", "x")])
        assert gateway.changed("/watched", revision, within=5)


@pytest.fixture
def leaderless() -> Iterator[str]:
    """The address of a member that lives, and does not answer what needs a leader."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over = threading.Event()

        def serve() -> None:
            with listener.accept()[0] as connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                over.wait()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        over.set()
        thread.join()


def test_who_stops_does_not_wait_for_a_leader_to_withdraw_its_host(
    leaderless: str, one: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "LAST_WORD", 0.1)
    with pytest.raises(EtcdUnavailable, match="timed out"):
        hosts.Hosts(Etcd(leaderless), one.settings).withdraw("7")
