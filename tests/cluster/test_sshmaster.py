"""Connections that stay: used where they are there, missed by nobody, and gone with whoever made them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import sshmaster
from cluster.eventually import eventually
from cluster.ssh import Ssh
from cluster.sshmaster import Masters

FAKE = """\
#!{python}
# An ssh whose master says so by a file in the socket's place, as long as it lives; a command tells whether it used it.
import os, sys, signal
words = sys.argv[1:]
path = next((word.partition("=")[2] for word in words if word.startswith("ControlPath=")), "")
if "ControlMaster=yes" in words:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    open(path, "w").write(str(os.getpid()))
    try:
        sys.stdin.read()
    finally:
        os.unlink(path)
else:
    print("shared" if path and os.path.exists(path) else "alone")
"""


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[Ssh]:
    fake = tmp_path / "ssh"
    fake.write_text(FAKE.format(python=sys.executable))
    fake.chmod(0o755)
    (tmp_path / "folder").mkdir()
    ssh = Ssh(tmp_path / "folder" / "config", executable=str(fake), masters=Masters(tmp_path / "folder"))
    yield ssh
    ssh.close()


def sockets(ssh: Ssh) -> list[str]:
    return sorted(path.name for path in ssh.config.parent.iterdir())


def shared(ssh: Ssh, machine: str = "core-01") -> bool:
    return ssh.run(machine, "true").stdout == "shared\n"


def test_who_comes_twice_gets_a_connection_and_waits_for_none(ssh: Ssh) -> None:
    assert not shared(ssh)
    assert sockets(ssh) == []
    eventually("a command goes over it", lambda: shared(ssh), within=10)
    [socket] = sockets(ssh)
    assert socket.endswith("-core-01")
    assert not shared(ssh, "core-02"), "each machine has its own"


def test_one_that_has_ended_is_missed_by_nobody_and_made_again(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    eventually("a command goes over it", lambda: shared(ssh), within=10)
    monkeypatch.setattr(sshmaster, "AGAIN", 3600.0)
    process = int((ssh.config.parent / sockets(ssh)[0]).read_text())
    os.kill(process, signal.SIGTERM)
    eventually("a command goes alone", lambda: not shared(ssh), within=10)
    assert not shared(ssh), "not at once: it may just have been refused"
    monkeypatch.setattr(sshmaster, "AGAIN", 0.0)
    eventually("a command goes over another one", lambda: shared(ssh), within=10)


def test_a_machine_that_is_forgotten_is_a_new_one(ssh: Ssh) -> None:
    eventually("a command goes over it", lambda: shared(ssh), within=10)
    ssh.forget("core-01")
    assert sockets(ssh) == []
    assert not shared(ssh)


def test_nothing_is_left_when_they_are_closed(ssh: Ssh) -> None:
    for machine in ("core-01", "core-02"):
        eventually("a command goes over it", lambda: shared(ssh, machine), within=10)  # noqa: B023
    ssh.close()
    assert sockets(ssh) == []
    assert [shared(ssh) for _ in range(3)] == [False] * 3, "nor comes back"


def test_who_comes_alone_uses_none(ssh: Ssh) -> None:
    eventually("a command goes over it", lambda: shared(ssh), within=10)
    assert ssh.run("core-01", "true", alone=True).stdout == "alone\n"


def test_nothing_is_left_of_a_process_that_was_killed(ssh: Ssh) -> None:
    uses = f"""
        from pathlib import Path
        from cluster.eventually import eventually
        from cluster.ssh import Ssh
        from cluster.sshmaster import Masters
        folder = Path({str(ssh.config.parent)!r})
        ssh = Ssh(folder / "config", executable={ssh.executable!r}, masters=Masters(folder))
        eventually("it is shared", lambda: ssh.run("core-01", "true").stdout == "shared\\n", within=10)
        print("now", flush=True)
        input()
    """
    command = [sys.executable, "-c", textwrap.dedent(uses)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"now\n"
        assert len(sockets(ssh)) == 1
        process.kill()
    eventually("its connection has ended", lambda: sockets(ssh) == [], within=10)
