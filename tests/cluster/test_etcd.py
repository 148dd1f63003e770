"""etcd from the host, against a real one."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import etcd as module
from cluster import faults
from cluster.etcd import Etcd, EtcdDown
from cluster.eventually import eventually
from cluster.recorder import Recorder

pytestmark = pytest.mark.skipif(shutil.which("etcd") is None, reason="no etcd on this host")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def etcd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Etcd]:
    client, peer = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
    command = ["etcd", "--data-dir", str(tmp_path / "data"), "--unsafe-no-fsync"]
    command += ["--listen-client-urls", client, "--advertise-client-urls", client]
    command += [
        "--listen-peer-urls",
        peer,
        "--initial-advertise-peer-urls",
        peer,
        "--initial-cluster",
        f"default={peer}",
    ]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    monkeypatch.setattr(module, "PORT", int(client.rpartition(":")[2]))
    etcd = Etcd(["127.0.0.1"])
    try:
        eventually("etcd answers", etcd.answering, within=15)
        yield etcd
    finally:
        etcd.close()
        process.kill()
        process.wait()


def test_keys_are_put_read_and_deleted(etcd: Etcd) -> None:
    etcd.put("/a/1", "one")
    etcd.put("/a/2", "two")
    assert etcd.get("/a/1") == "one"
    assert {key: entry.value for key, entry in etcd.prefix("/a/").items()} == {"/a/1": "one", "/a/2": "two"}
    assert etcd.delete("/a/1")
    assert not etcd.delete("/a/1")
    assert etcd.get("/a/1") is None


def test_a_key_is_put_once_if_absent(etcd: Etcd) -> None:
    assert etcd.put_if_absent("/lock", "me")
    assert not etcd.put_if_absent("/lock", "you")
    assert etcd.get("/lock") == "me"


def test_the_revision_grows(etcd: Etcd) -> None:
    before = etcd.revision()
    etcd.put("/a", "b")
    assert etcd.revision() == before + 1


def test_a_recorder_hears_every_change_once_and_in_order(etcd: Etcd) -> None:
    etcd.put("/locks/before", "not recorded")
    recorder = Recorder([etcd, etcd], ["/locks/", "/services/"])
    try:
        for value in ("a", "b"):
            etcd.put("/locks/es", value)
            etcd.delete("/locks/es")
        etcd.put("/services/es", "here")
        etcd.put("/elsewhere", "not recorded")
        assert len(recorder.events()) == 5
        assert [event.change.value for event in recorder.events("/locks/")] == ["a", None, "b", None]
        assert [event.change.value for event in recorder.events(since=recorder.events()[3].revision)] == ["here"]
    finally:
        recorder.stop()


def test_a_held_lock_is_free_again_after_the_block(etcd: Etcd) -> None:
    with faults.held(etcd, "/lock", "the operator"):
        assert etcd.get("/lock") == "the operator"
    assert etcd.get("/lock") is None


def test_a_lock_that_is_somebody_elses_by_now_is_left_to_them(etcd: Etcd) -> None:
    with faults.held(etcd, "/lock", "the operator"):
        etcd.put("/lock", "somebody else")
    assert etcd.get("/lock") == "somebody else"


def test_a_write_goes_to_a_member_that_answers_and_is_made_once(etcd: Etcd, monkeypatch: pytest.MonkeyPatch) -> None:
    members = Etcd(["127.0.0.2", "127.0.0.1"])
    asked: list[object] = []
    try:
        monkeypatch.setattr(
            members, "_connected", lambda address: asked.append(address) or Etcd._connected(members, address)
        )
        assert members.put_if_absent("/lock", "me")
    finally:
        members.close()
    assert asked == ["127.0.0.1"]


def test_no_member_is_an_error_that_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PORT", free_port())
    with pytest.raises(EtcdDown, match=r"127\.0\.0\.1"):
        Etcd(["127.0.0.1"]).revision()


def test_a_connection_is_pinged_no_oftener_than_etcd_bears() -> None:
    """It closes the connection of who sends more: the recorder then missed the time of what happened meanwhile."""
    usage = subprocess.run(["etcd", "--help"], capture_output=True, text=True).stdout
    borne = re.search(r"grpc-keepalive-min-time '(\d+)s'", usage)
    assert borne is not None
    assert float(borne[1]) < module.PINGS
