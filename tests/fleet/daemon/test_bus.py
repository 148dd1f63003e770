"""What is said on the bus to systemd, and what is made of its silence."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from dbus_fast import BusType, Message, MessageType, Variant

from fleet.daemon import bus
from fleet.daemon.bus import SystemdBus, unit_path
from fleet.daemon.systemd import SystemdError

JOB = "/org/freedesktop/systemd1/job/7"


class DummyBus:
    """A message bus whose systemd answers by `replies`; without one for a member, it does not answer at all."""

    def __init__(self, **_: Any) -> None:
        self.replies: dict[str, list[Any]] = {"AddMatch": [], "Subscribe": [], "StopUnit": [JOB], "RestartUnit": [JOB]}
        self.replies["ResetFailedUnit"] = []
        self.properties: dict[tuple[str, str], Variant] = {}
        self.said: list[Message] = []
        self._handlers: list[Callable[[Message], Any]] = []

    async def connect(self) -> "DummyBus":
        return self

    def add_message_handler(self, handler: Callable[[Message], Any]) -> None:
        self._handlers.append(handler)

    async def call(self, message: Message) -> Message:
        self.said.append(message)
        if message.member == "Get" and (message.path, message.body[1]) in self.properties:
            self.replies["Get"] = [self.properties[str(message.path), message.body[1]]]
        elif message.member == "Get" and self.properties:
            return Message(message_type=MessageType.ERROR, reply_serial=1, error_name="a.b.UnknownObject")
        if message.member not in self.replies:
            await asyncio.Event().wait()
        reply = Message(message_type=MessageType.METHOD_RETURN, reply_serial=1)
        reply.body = self.replies[str(message.member)]
        return reply

    def signal(self, path: str, member: str, *body: Any) -> None:
        message = Message(message_type=MessageType.SIGNAL, path=path, interface="a.b", member=member)
        message.body = list(body)
        for handler in self._handlers:
            handler(message)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> DummyBus:
    dummy = DummyBus()
    monkeypatch.setattr(bus, "MessageBus", lambda **_: dummy)
    return dummy


@pytest.mark.parametrize(("user", "kind"), [(False, BusType.SYSTEM), (True, BusType.SESSION)])
async def test_fleet_runs_units_of_the_system_or_of_the_user(
    monkeypatch: pytest.MonkeyPatch, user: bool, kind: BusType
) -> None:
    asked: list[dict[str, Any]] = []

    def connect(**options: Any) -> DummyBus:
        asked.append(options)
        return DummyBus()

    monkeypatch.setattr(bus, "MessageBus", connect)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/of/the/user")
    await SystemdBus.connect(user)
    assert asked == [{"bus_type": kind, "bus_address": "unix:path=/of/the/user" if user else None}]


async def test_all_units_are_watched_by_one_match(line: DummyBus) -> None:
    systemd, heard = await SystemdBus.connect(), list[str]()
    systemd.listen(heard.append)
    before = len(line.said)
    for name in ("a.service", "b.service"):
        await systemd.watch(name)
    assert len(line.said) == before
    assert any("path_namespace='/org/freedesktop/systemd1/unit'" in said.body[0] for said in line.said if said.body)
    for name in ("a.service", "b.service", "c.service"):
        line.signal(unit_path(name), "PropertiesChanged")
    await systemd.unwatch("a.service")
    line.signal(unit_path("a.service"), "PropertiesChanged")
    assert heard == ["a.service", "b.service"]


async def test_no_more_is_asked_at_a_time_than_the_bus_takes(line: DummyBus, monkeypatch: pytest.MonkeyPatch) -> None:
    systemd = await SystemdBus.connect()
    monkeypatch.setattr(bus, "PATIENCE", 0.2)
    before = len(line.said)
    asked = [asyncio.ensure_future(systemd.start(f"{number}.service")) for number in range(128)]
    await asyncio.sleep(0.1)
    assert len(line.said) - before == bus.QUESTIONS
    assert all(isinstance(end, SystemdError) for end in await asyncio.gather(*asked, return_exceptions=True))
    assert len(line.said) - before == 128


async def test_a_systemd_that_does_not_answer_is_an_error(line: DummyBus, monkeypatch: pytest.MonkeyPatch) -> None:
    systemd = await SystemdBus.connect()
    monkeypatch.setattr(bus, "PATIENCE", 0.05)
    with pytest.raises(SystemdError, match="StartUnit: no reply"):
        await systemd.start("a.service")
    with pytest.raises(SystemdError, match="ListUnitsByNames: no reply"):
        await systemd.status(["a.service", "b.service"])
    assert [said.member for said in line.said].count("ListUnitsByNames") == 1


async def test_a_stop_whose_end_is_not_reported_is_an_error(line: DummyBus, monkeypatch: pytest.MonkeyPatch) -> None:
    systemd = await SystemdBus.connect()
    monkeypatch.setattr(bus, "PATIENCE", 0.05)
    with pytest.raises(SystemdError, match="not over"):
        await systemd.stop("a.service", wait=True)


@pytest.mark.parametrize("early", [True, False])
async def test_a_stop_is_over_when_its_job_is(line: DummyBus, early: bool) -> None:
    systemd = await SystemdBus.connect()
    if early:
        line.signal("/", "JobRemoved", 7, JOB, "a.service", "done")
    stopping = asyncio.ensure_future(systemd.stop("a.service", wait=True))
    done, _ = await asyncio.wait({stopping}, timeout=0.05)
    if not early:
        assert not done
        line.signal("/", "JobRemoved", 7, JOB, "a.service", "done")
    await asyncio.wait_for(stopping, 10)


@pytest.mark.parametrize(("type_of", "stops"), [("stop", JOB), ("start", ""), ("", "")])
async def test_only_a_stop_job_is_one_that_stops_a_unit(line: DummyBus, type_of: str, stops: str) -> None:
    systemd = await SystemdBus.connect()
    line.properties[unit_path("a.service"), "Job"] = Variant("(uo)", [7, JOB])
    if type_of:
        line.properties[JOB, "JobType"] = Variant("s", type_of)
    assert await systemd.stopping("a.service") == stops
    line.properties[unit_path("a.service"), "Job"] = Variant("(uo)", [0, "/"])
    assert await systemd.stopping("a.service") == ""


@pytest.mark.parametrize("quick", [True, False])
async def test_a_restart_is_done_when_its_stop_is_over(line: DummyBus, quick: bool) -> None:
    systemd = await SystemdBus.connect()
    line.properties[JOB, "JobType"] = Variant("s", "restart")
    restarting = asyncio.ensure_future(systemd.restart("a.service"))
    for state in ("deactivating", "inactive"):
        done, _ = await asyncio.wait({restarting}, timeout=0.02)
        assert not done, state
        if state == "inactive" and quick:
            line.signal("/", "JobRemoved", 7, JOB, "a.service", "done")
        elif state == "inactive":
            line.properties[JOB, "JobType"] = Variant("s", "start")
        line.signal(unit_path("a.service"), "PropertiesChanged")
    await asyncio.wait_for(restarting, 10)
    told = [message.member for message in line.said]
    assert "ResetFailedUnit" in told[: told.index("RestartUnit")], "or the sixth in 10 s is refused"
