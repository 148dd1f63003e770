"""Machines for tests: whole fleetds in one process, on a real etcd, each with a dummy for systemd."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp
from yarl import URL

from fleet.daemon.config import Config
from fleet.daemon.daemon import Daemon
from fleet.daemon.entities import current_state
from fleet.daemon.fencing import Fence
from fleet.daemon.machine import Identity
from fleet.daemon.reconfiguration import Reconfiguration
from fleet.daemon.systemd import Status, SystemdError
from fleet.model.unitfile import UnitFile

HANGS = 60.0  # seconds after which what a test waits for will not happen any more, also on a host with a load of 30
SLEEP = "[Service]\nExecStart=/bin/sleep 100000\n"


class DummySystemd:
    """Units that are active when they were started; it remembers what was asked of it, in order.

    It can `refuse` a call, hold an answer back, stop slowly, or lose so many stop jobs of a unit.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.active: dict[str, str] = {}
        self.refuse: dict[tuple[str, str], str] = {}
        self.slow_stops: dict[str, asyncio.Event] = {}
        self.lost_stops: dict[str, int] = {}
        self.pending_stops: dict[str, asyncio.Event] = {}
        self.held_back: dict[tuple[str, str], asyncio.Event] = {}
        self.job = ""
        self._listeners: list[Callable[[str], object]] = []

    def listen(self, listener: Callable[[str], object]) -> None:
        self._listeners.append(listener)

    async def watch(self, name: str) -> None: ...

    async def unwatch(self, name: str) -> None: ...

    async def link(self, path: Path) -> None:
        assert path.is_file()
        await self._do("link", path.name)

    async def enable(self, path: Path) -> None:
        await self._do("enable", path.name)

    async def disable(self, name: str) -> None:
        await self._do("disable", name)

    async def reload(self) -> None:
        await self._do("reload", "")

    async def start(self, name: str, *, wait: bool = False) -> None:
        await self._do("start", name)
        self.become(name, "active")

    async def stop(self, name: str, *, wait: bool = False) -> None:
        await self._do("stop", name)
        if name in self.pending_stops:
            return
        if self.lost_stops.get(name):
            self.lost_stops[name] -= 1
            return
        if wait and name in self.slow_stops:
            self.become(name, "deactivating")
            await self.slow_stops[name].wait()
        self.become(name, "inactive")

    async def stopping(self, name: str) -> str:
        return name if name in self.pending_stops else ""

    async def over(self, job: str) -> None:
        await self.pending_stops[job].wait()
        del self.pending_stops[job]
        self.become(job, "inactive")

    async def restart(self, name: str) -> None:
        await self._do("restart", name)
        self.become(name, "active")

    async def reset_failed(self, name: str) -> None:
        await self._do("reset_failed", name)

    async def status(self, names: Iterable[str]) -> Mapping[str, Status]:
        if ("status", "") in self.refuse:
            raise SystemdError(self.refuse["status", ""])
        words = {"active": "running", "inactive": "dead", "failed": "failed", "deactivating": "stop-sigterm"}
        states = {name: self.active.get(name, "inactive") for name in names}
        return {name: Status("loaded", state, words[state]) for name, state in states.items()}

    async def own_job(self) -> str:
        return self.job

    def become(self, name: str, state: str) -> None:
        self.active[name] = state
        for listener in self._listeners:
            listener(name)

    def count(self, verb: str, name: str) -> int:
        return self.calls.count((verb, name))

    async def _do(self, verb: str, name: str) -> None:
        self.calls.append((verb, name))
        if (verb, name) in self.held_back:
            await self.held_back[verb, name].wait()
        if (verb, name) in self.refuse:
            raise SystemdError(self.refuse[verb, name])


@dataclass
class Reply:
    status: int
    body: Any
    headers: Mapping[str, str]


class TestMachine:
    """A machine: its /run, its systemd, and the fleetd on it, which may be killed and started again."""

    __test__ = False

    def __init__(self, config: Config, machine_id: str, ip: str, directory: Path) -> None:
        self.id = machine_id
        self.systemd = DummySystemd()
        self.socket = directory / "fleet.sock"
        self.config, self._ip = config, ip
        self.config_of_reload = config
        self.fence: Fence | None = None
        self.hostname = f"host-{machine_id[:1]}"
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Boot fleetd; the API answers, perhaps by 503."""
        identity = Identity(self.id, self._ip, self.hostname)
        self.daemon = Daemon(self.config, identity, self.systemd, self.fence)
        self.reconfiguration = Reconfiguration(self.daemon, self.config, lambda: self.config_of_reload)
        await self.daemon.server.start([], self.socket)
        self._task = asyncio.ensure_future(self.daemon.run())

    @property
    def failed(self) -> bool:
        """Whether fleetd ended by itself."""
        return self._task is not None and self._task.done()

    async def crash(self) -> None:
        """SIGKILL: nothing is said to anybody."""
        await self._end_tasks()
        await self.daemon.etcd.close()

    async def shut_down(self) -> None:
        """SIGTERM."""
        assert self._task is not None
        await self.daemon.server.stop()
        await self.daemon.end(self._task)
        self._task = None

    async def _end_tasks(self) -> None:
        assert self._task is not None
        await self.daemon.server.stop()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def reboot(self) -> None:
        """What power does: /run and all processes are gone."""
        await self.crash()
        await self.reboot_from_off()

    async def reboot_from_off(self) -> None:
        """Boot after a crash that took the machine along."""
        self.systemd = DummySystemd()
        for path in self.config.units_directory.parent.glob("units*/*"):
            path.unlink()
        await self.start()

    async def request(self, method: str, path: str, body: Any = None) -> Reply:
        """A JSON request below /fleet/v1."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        return await self.raw(method, f"/fleet/v1{path}", None if body is None else json.dumps(body), headers)

    async def raw(
        self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Any request; a str body has no content type of its own."""
        data = None if body is None else body.encode()
        url = URL(f"http://fleet{path}", encoded=True)
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(str(self.socket)), skip_auto_headers=["Content-Type"]
            ) as session,
            session.request(method, url, data=data, headers=headers) as reply,
        ):
            text = await reply.text()
            return Reply(reply.status, json.loads(text) if text else None, reply.headers)

    async def submit(self, name: str, text: str = SLEEP, state: str = "inactive") -> None:
        options = [option._asdict() for option in UnitFile.parse(text).options]
        reply = await self.request("PUT", f"/units/{name}", {"name": name, "options": options, "desiredState": state})
        assert reply.status == 201, reply.body

    async def run_unit(self, name: str, text: str = SLEEP) -> None:
        await self.submit(name, text, "launched")

    async def desire(self, name: str, state: str) -> None:
        reply = await self.request("PUT", f"/units/{name}", {"desiredState": state})
        assert reply.status == 204, reply.body

    async def restart_unit(self, name: str) -> None:
        reply = await self.request("PUT", f"/units/{name}", {"desiredState": "launched", "restart": True})
        assert reply.status == 204, reply.body

    async def destroy(self, name: str) -> None:
        assert (await self.request("DELETE", f"/units/{name}")).status == 204


class Cluster:
    """Up to nine machines on one etcd; ids are `1111…`, `2222…`."""

    def __init__(self, etcd: str, prefix: str, directory: Path, **options: str) -> None:
        self._etcd, self._prefix, self._directory, self._options = etcd, prefix, directory, options
        self.machines: list[TestMachine] = []

    async def add(self, metadata: str = "", ttl: str = "30s", ip: str = "", machine_id: str = "") -> TestMachine:
        """One more machine, listed already."""
        machine = self.prepare(metadata, ttl, ip, machine_id)
        await machine.start()
        await self.eventually(lambda: machine.daemon.presence.lease != 0 and machine.daemon.mirror.fresh)
        await self.eventually(lambda: machine.id in machine.daemon.mirror.snapshot.machines)
        return machine

    def prepare(self, metadata: str = "", ttl: str = "30s", ip: str = "", machine_id: str = "") -> TestMachine:
        number = len(self.machines) + 1
        directory = self._directory / f"machine-{number}"
        directory.mkdir()
        config = Config.of(
            {
                "etcd_servers": self._etcd,
                "etcd_key_prefix": self._prefix,
                "agent_ttl": ttl,
                "metadata": metadata,
                "units_directory": str(directory / "units"),
                **self._options,
            }
        )
        machine = TestMachine(config, machine_id or str(number) * 32, ip or f"10.99.0.{number}", directory)
        self.machines.append(machine)
        return machine

    async def eventually(self, probe: Callable[[], object], within: float = HANGS) -> None:
        """Wait until the probe says something true; `within` where how soon that is, is what is tested.

        A KeyError is no answer yet: a machine hears of a unit or a state after the one that it was told to.
        """
        unknown: KeyError | None = None
        try:
            async with asyncio.timeout(within):
                while True:
                    try:
                        if probe():
                            return
                    except KeyError as error:
                        unknown = error
                    await asyncio.sleep(0.02)
        except TimeoutError as error:
            raise error from unknown

    def current(self, name: str, machine: TestMachine | None = None) -> str:
        """The current state of a unit, as a machine sees it."""
        snapshot = (machine or self.machines[0]).daemon.mirror.snapshot
        return current_state(snapshot.units[name], snapshot.state_of(snapshot.units[name]))

    async def place_of(self, name: str, machine: TestMachine | None = None) -> str | None:
        unit = (machine or self.machines[0]).daemon.mirror.snapshot.units.get(name)
        return unit.machine if unit else None

    def running(self, name: str) -> list[str]:
        """The machines on which the unit is active."""
        return [machine.id[:1] for machine in self.machines if machine.systemd.active.get(name) == "active"]

    async def __aenter__(self) -> "Cluster":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for machine in self.machines:
            if machine._task is not None:
                await machine.crash()
