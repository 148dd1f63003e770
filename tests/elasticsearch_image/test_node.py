"""The node waits for a hold of its own instance, without a way out that opens."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer

import pytest
from toolkit.etcd import Etcd, EtcdUnavailable
from toolkit.node import Node
from toolkit.unicast import unicast_hosts

from cluster.eventually import eventually, steadily
from tests.elasticsearch_image.conftest import Instance
from tests.elasticsearch_image.etcdserver import EtcdServer
from tests.elasticsearch_image.part import SOURCE


def test_without_a_lease_it_waits_and_says_what_to_do(one: Instance) -> None:
    node = one.run("node")
    label = one.settings.label
    node.says(f"waiting for the startup lease: nobody holds /locks/{label}")
    main, sidekicks = f"{label}@1.service", f"{label}-startup_lease@1.service {label}-discovery@1.service"
    node.says(f"is {label}-startup_lease@1.service loaded?")
    node.says(f"fleetctl load {main} {sidekicks} && fleetctl start {main}")
    assert node.is_running()


def test_while_another_instance_holds_the_lease_it_says_who(one: Instance, two: Instance) -> None:
    one.lock.acquire(one.lock.look())
    node = two.run("node")
    node.says(f"waiting for the startup lease: /locks/{one.settings.label} is held by {one.settings.node} on 127.0.0.1")
    assert node.is_running()


def test_its_own_hold_lets_it_start_at_once(one: Instance) -> None:
    node = one.run("node", IP="127.0.0.1")
    steadily("it waits", node.is_running, during=0.5)
    one.lock.acquire(one.lock.look())
    eventually("the hold is used", lambda: was_used(one), within=1)
    node.says("looking for its cluster at: nobody yet, it is the first")


def was_used(instance: Instance) -> bool:
    holder = instance.lock.look().holder
    return holder is not None and holder.start != ""


def test_a_hold_that_was_used_before_does_not_start_it(one: Instance) -> None:
    one.lock.acquire(one.lock.look())
    one.lock.claim(one.lock.look())
    node = one.run("node")
    node.says("was used by an earlier start of this node")
    assert node.is_running()


def test_two_starts_of_one_instance_never_share_a_hold(one: Instance) -> None:
    nodes = [one.run("node"), one.run("node")]
    one.lock.acquire(one.lock.look())
    eventually("one of them starts", lambda: started(nodes), within=3)
    steadily("the other one waits", lambda: len(started(nodes)) == 1, during=1)


def started(nodes: list) -> list:  # type: ignore[type-arg]
    return [node for node in nodes if "looking for its cluster" in node.journal]


def test_without_etcd_it_waits_and_says_so(instances: Callable[..., list[Instance]], own_etcd: EtcdServer) -> None:
    (one,) = instances(1, own_etcd)
    own_etcd.stop()
    node = one.run("node")
    node.says("waiting for etcd")
    assert node.is_running()
    own_etcd.start()
    one.lock.acquire(one.lock.look())
    node.says("looking for its cluster")


def test_an_etcd_that_dies_while_it_waits_starts_nothing(
    instances: Callable[..., list[Instance]], own_etcd: EtcdServer
) -> None:
    (one,) = instances(1, own_etcd)
    node = one.run("node")
    node.says("nobody holds", within=8)
    own_etcd.stop()
    node.says(f"waiting for the startup lease: etcd at {own_etcd.url}")
    steadily("it waits", node.is_running, during=1.5)


def test_told_to_stop_it_ends_without_having_started(one: Instance, two: Instance) -> None:
    one.lock.acquire(one.lock.look())
    node = two.run("node")
    node.says("waiting for the startup lease")
    node.terminate()
    assert node.ends(within=2) == 143


def test_a_new_label_has_no_hosts(one: Instance) -> None:
    assert unicast_hosts(one.settings, one.hosts) == []


def test_it_is_given_the_live_hosts_and_not_itself(one: Instance, five: list[Instance]) -> None:
    for number, instance in enumerate(five[1:3], start=2):
        instance.variables["IP"] = f"127.0.0.{number}"
        instance.hosts.publish()
    one.hosts.publish()
    ports = [instance.settings.transport_port for instance in five[1:3]]
    assert unicast_hosts(one.settings, one.hosts) == [f"127.0.0.2:{ports[0]}", f"127.0.0.3:{ports[1]}"]


def test_a_label_that_is_down_is_looked_for_on_all_machines(one: Instance, fleet: str) -> None:
    one.variables["FLEET_SOCKET"] = fleet
    one.hosts.withdraw(one.hosts.publish())
    port = one.settings.transport_port
    assert unicast_hosts(one.settings, one.hosts) == [f"10.0.0.1:{port}", f"10.0.0.2:{port}", f"10.0.0.3:{port}"]


def test_without_a_fleet_it_starts_without_a_list(
    one: Instance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one.variables["FLEET_SOCKET"] = str(tmp_path / "none")
    one.hosts.withdraw(one.hosts.publish())
    assert unicast_hosts(one.settings, one.hosts) == []
    assert "no fleet here; starting without a list of hosts" in capsys.readouterr().err


def test_a_fleet_that_is_being_restarted_is_waited_for(one: Instance, tmp_path: Path) -> None:
    path = tmp_path / "fleet.sock"
    one.variables["FLEET_SOCKET"] = str(path)
    one.hosts.withdraw(one.hosts.publish())
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    one.lock.acquire(one.lock.look())
    node = one.run("node")
    node.says("waiting for the list of machines: fleet at")
    path.unlink()
    with serving(path):
        node.says(f"looking for its cluster at: 10.0.0.1:{one.settings.transport_port}")


def test_a_fleet_that_stays_away_keeps_the_node_from_starting_without_a_list(
    one: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("toolkit.unicast.PATIENCE", 0.5)
    one.variables["FLEET_SOCKET"] = str(tmp_path / "fleet.sock")
    one.hosts.withdraw(one.hosts.publish())
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(one.variables["FLEET_SOCKET"])
    one.lock.acquire(one.lock.look())
    assert Node(one.settings, Etcd(one.settings.etcd)).run() == 1
    assert "not started: without a list of hosts it might never find its cluster" in capsys.readouterr().err


def test_a_lease_that_etcd_cannot_speak_of_is_not_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    etcd = Etcd("http://127.0.0.1:1")
    monkeypatch.setattr(etcd, "_ask", lambda *_: {"error": {"message": "etcdserver: no leader"}})
    with pytest.raises(EtcdUnavailable, match="no leader"):
        etcd.keep_alive("1")
    monkeypatch.setattr(etcd, "_ask", lambda *_: {"result": {"ID": "1"}})
    assert not etcd.keep_alive("1")


OWN = """
import os, sys
from pathlib import Path
from toolkit import node

node.DATA, left, chown = Path(sys.argv[1]), [int(sys.argv[2])], os.chown

def limited(*given, **options):
    left[0] -= 1
    if left[0] < 0:
        os._exit(9)  # killed in the middle
    chown(*given, **options)

os.chown = limited
node.own_the_data()
node.become_the_user()
assert os.geteuid() == node.USER
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_data_whose_handing_over_was_interrupted_is_handed_over_by_the_next_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "nodes" / "0").mkdir(parents=True)
    (data / "nodes" / "0" / "segments_1").touch()
    files = [data, *data.rglob("*")]

    def start(changes: int) -> int:
        command = [sys.executable, "-c", OWN, str(data), str(changes)]
        return subprocess.run(command, env=os.environ | {"PYTHONPATH": str(SOURCE)}, check=False).returncode

    for changes in range(len(files)):
        assert start(changes) == 9
    assert start(99) == 0
    assert {path.stat().st_uid for path in files} == {9200}
    assert start(0) == 0, "what is handed over is left alone"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_spool_of_marvels_history_is_not_handed_over(tmp_path: Path) -> None:
    """It is the recorder's, whose files come and go while the node starts."""
    data = tmp_path / "data"
    (data / "marvel-history").mkdir(parents=True)
    (data / "marvel-history" / "000000001.jsonl").touch()
    (data / "nodes").mkdir()
    command = [sys.executable, "-c", OWN, str(data), "99"]
    assert subprocess.run(command, env=os.environ | {"PYTHONPATH": str(SOURCE)}, check=False).returncode == 0
    owners = {path.name: path.stat().st_uid for path in [data, *data.rglob("*")]}
    assert owners == {"data": 9200, "nodes": 9200, "marvel-history": 0, "000000001.jsonl": 0}


def test_a_hold_that_is_lost_before_the_hosts_are_known_starts_nothing(
    one: Instance, two: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, holds, starts = Node(one.settings, Etcd(one.settings.etcd)), [one.lock.acquire(one.lock.look())], []

    def live() -> dict[str, str]:
        """The first time etcd is away; the hold expires meanwhile, and another instance holds."""
        if len(holds) == 1:
            one.lock.release(str(holds[0]))
            holds.append(two.lock.acquire(two.lock.look()))
            raise EtcdUnavailable("away")
        return {}

    monkeypatch.setattr(node._hosts, "live", live)
    monkeypatch.setattr(node, "_become", lambda hosts: starts.append(was_used(one)) or 0)
    running = threading.Thread(target=node.run, daemon=True)
    running.start()
    steadily("it waits for another hold", lambda: not starts, during=2)
    two.lock.release(str(holds[1]))
    assert one.lock.acquire(one.lock.look()) is not None
    running.join(timeout=5)
    assert starts == [True]


def test_data_is_handed_over_before_a_hold_is_claimed(one: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[bool] = []
    monkeypatch.setattr("toolkit.node.own_the_data", lambda: used.append(was_used(one)))
    node = Node(one.settings, Etcd(one.settings.etcd))
    monkeypatch.setattr(node, "_become", lambda hosts: 0)
    one.lock.acquire(one.lock.look())
    assert node.run() == 0
    assert used == [False]
    assert was_used(one)


def test_the_wait_returns_only_with_a_claim(one: Instance) -> None:
    node = Node(one.settings, one.lock._etcd)
    waiting = threading.Thread(target=node.wait_for_lease, daemon=True)
    waiting.start()
    steadily("it waits", waiting.is_alive, during=0.3)
    one.lock.acquire(one.lock.look())
    waiting.join(timeout=3)
    assert not waiting.is_alive()
    assert was_used(one)


PAGES = {
    "/fleet/v1/machines": {
        "machines": [{"id": "a", "primaryIP": "10.0.0.1"}, {"id": "b", "primaryIP": "10.0.0.2"}],
        "nextPageToken": "t",
    },
    "/fleet/v1/machines?nextPageToken=t": {"machines": [{"id": "c", "primaryIP": "10.0.0.3"}, {"id": "d"}]},
}


class _Machines(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(PAGES[self.path]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Socket(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[str]:
    """Fleet's API on a socket: two pages of machines, one of them without an address."""
    with serving(tmp_path / "fleet.sock") as path:
        yield path


@contextmanager
def serving(path: Path) -> Iterator[str]:
    with _Socket(str(path), _Machines) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield str(path)
        server.shutdown()
        thread.join()
