"""fleetd's side of the fence: what it proves, when it starts units, and how it takes up what was stopped."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.daemon.config import Config
from fleet.daemon.fencing import REGISTERS_AGAIN, SUPERVISOR, Fence
from fleet.fence.alarm import hang_up_bell
from fleet.fence.deadline import DeadlineFile, Marks, boottime
from tests.fleet.daemon.machines import Cluster, DummySystemd, TestMachine


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "fence"
    path.mkdir()
    return path


@pytest.fixture
def bell(directory: Path) -> Iterator[socket.socket]:
    """A supervisor that is there, and does nothing."""
    with hang_up_bell(directory) as bell:
        yield bell


async def fenced(cluster: Cluster, directory: Path, ttl: int = 30) -> TestMachine:
    machine = cluster.prepare(ttl=f"{ttl}s")
    machine.fence = Fence(ttl, machine.socket.parent / "units", directory)
    await machine.start()
    await cluster.eventually(lambda: machine.daemon.presence.lease != 0)
    return machine


async def test_every_heartbeat_proves_the_lease_from_when_it_was_sent(
    cluster: Cluster, directory: Path, bell: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = await fenced(cluster, directory, ttl=5)
    assert ("start", SUPERVISOR) in machine.systemd.calls
    file, beat = DeadlineFile(directory), machine.daemon.etcd.keep_alive
    answered: list[float] = []

    async def slow(lease: int) -> bool:
        kept = await beat(lease)
        answered.append(boottime())
        await asyncio.sleep(0.3)
        return kept

    monkeypatch.setattr(machine.daemon.etcd, "keep_alive", slow)
    first = file.read()
    assert first is not None
    await cluster.eventually(lambda: len(answered) > 1 and file.read() != first)
    newest = file.read()
    assert newest is not None
    assert (newest.ttl, newest.units) == (5, str(machine.socket.parent / "units"))
    assert first.expires < newest.expires < answered[-1] + 5


async def test_nothing_is_started_while_no_supervisor_answers(cluster: Cluster, directory: Path) -> None:
    machine = await fenced(cluster, directory, ttl=5)
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.units["a.service"].machine == machine.id)
    seen = DeadlineFile(directory).read()
    await cluster.eventually(lambda: DeadlineFile(directory).read() != seen)
    assert cluster.running("a.service") == []
    with hang_up_bell(directory):
        await cluster.eventually(lambda: cluster.running("a.service") == ["1"])


async def test_what_the_fence_stopped_is_started_again_and_nothing_else(
    cluster: Cluster, directory: Path, bell: socket.socket
) -> None:
    machine = await fenced(cluster, directory, ttl=5)
    for name in ("a.service", "done.service"):
        await machine.run_unit(name)
        await cluster.eventually(lambda name=name: cluster.running(name))  # type: ignore[misc]
    for name in ("a.service", "done.service"):
        machine.systemd.become(name, "inactive")
    Marks(directory).set(["a.service", "unknown.service"])
    await cluster.eventually(lambda: cluster.running("a.service"))
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    assert machine.systemd.count("start", "done.service") == 1
    assert cluster.running("done.service") == []


async def test_a_restarted_fleetd_takes_up_what_was_stopped_while_it_was_gone(
    cluster: Cluster, directory: Path, bell: socket.socket
) -> None:
    machine = await fenced(cluster, directory)
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.current("a.service") == "launched")
    await machine.crash()
    machine.systemd.become("a.service", "inactive")
    Marks(directory).set(["a.service"])
    machine.fence = Fence(30, machine.socket.parent / "units", directory)
    await machine.start()
    await cluster.eventually(lambda: cluster.running("a.service"))


async def test_without_a_supervisor_fleetd_does_not_begin(cluster: Cluster, directory: Path) -> None:
    machine = cluster.prepare()
    machine.systemd.refuse["start", SUPERVISOR] = "Unit fleet-fence.service not found."
    machine.fence = Fence(30, machine.socket.parent / "units", directory)
    await machine.start()
    await cluster.eventually(lambda: machine.failed)


async def test_units_of_a_time_without_a_fence_have_one_ttl_for_the_first_proof(directory: Path) -> None:
    now = boottime()
    await Fence(5, Path("/units"), directory).set_up(DummySystemd())
    deadline = DeadlineFile(directory).read()
    assert deadline is not None
    assert deadline.expires == pytest.approx(now + 5, abs=1)
    await Fence(9, Path("/units"), directory, lambda: now + 100).set_up(DummySystemd())
    assert DeadlineFile(directory).read() == deadline  # nothing new was proven


async def test_the_supervisor_ends_with_the_fence(directory: Path) -> None:
    await Fence(5, Path("/units"), directory).set_up(DummySystemd())
    systemd, none = DummySystemd(), Fence(0, Path("/units"), directory)
    systemd.refuse["stop", SUPERVISOR] = "Access denied"
    await none.set_up(systemd)
    assert DeadlineFile(directory).read() is not None
    del systemd.refuse["stop", SUPERVISOR]
    await none.set_up(systemd)
    assert DeadlineFile(directory).read() is None
    await none.set_up(systemd)
    assert systemd.count("stop", SUPERVISOR) == 2
    assert none.open


def test_an_entry_that_vanished_lets_units_run_for_a_moment_more(directory: Path, bell: socket.socket) -> None:
    fence = Fence(30, Path("/units"), directory, lambda: 1000.0)
    fence.proven(999.0, 30)
    assert fence.open
    fence.lost()
    deadline = DeadlineFile(directory).read()
    assert deadline is not None
    assert deadline.stop_at == pytest.approx(1000.0 + REGISTERS_AGAIN)
    fence.lost()
    assert DeadlineFile(directory).read() == deadline


async def test_a_deleted_entry_is_registered_again_and_units_run_on(
    cluster: Cluster, directory: Path, bell: socket.socket
) -> None:
    machine = await fenced(cluster, directory)
    first = machine.daemon.presence.lease
    await machine.daemon.etcd.revoke(first)
    await cluster.eventually(lambda: machine.daemon.presence.lease not in (0, first))
    deadline = DeadlineFile(directory).read()
    assert deadline is not None
    assert deadline.expires > boottime() + 25


def test_the_configuration_decides() -> None:
    assert Fence.of(Config()).open
    assert not Fence.of(Config.of({"fence": "true"})).open
