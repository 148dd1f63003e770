"""However requests follow one another, and whenever the agent looks: a stop between two starts is never lost."""

import asyncio
import random

import pytest

from tests.fleet.daemon.machines import Cluster, DummySystemd, TestMachine

NAME = "a.service"


class JobbingSystemd(DummySystemd):
    """Has one job a unit, as systemd: a stop waits for its turn, then takes its time; a start before that cancels it.

    `process` is the number of the process that runs, or that ran last.
    """

    def __init__(self, luck: random.Random) -> None:
        super().__init__()
        self.process = 0
        self._luck = luck
        self._stop: asyncio.Task[None] | None = None

    async def start(self, name: str) -> None:
        await self._do("start", name)
        if self._stop is not None and self.active[name] == "active":
            self._stop.cancel()
        elif self._stop is not None:
            await asyncio.wait({self._stop})
        self._run(name)

    async def restart(self, name: str) -> None:
        await self.stop(name, wait=True)
        self._run(name)

    async def stop(self, name: str, *, wait: bool = False) -> None:
        await self._do("stop", name)
        if self._stop is None and self.active.get(name) == "active":
            self._stop = asyncio.ensure_future(self._go_down(name))
        if wait and self._stop is not None:
            await asyncio.wait({self._stop})

    async def stopping(self, name: str) -> str:
        return name if self._stop is not None else ""

    async def over(self, job: str) -> None:
        if self._stop is not None:
            await asyncio.wait({self._stop})

    async def _go_down(self, name: str) -> None:
        try:
            await asyncio.sleep(self._luck.uniform(0, 0.03))
            self.become(name, "deactivating")
            await asyncio.sleep(self._luck.uniform(0, 0.03))
            self.become(name, "inactive")
        finally:
            self._stop = None

    def _run(self, name: str) -> None:
        if self.active.get(name) != "active":
            self.process += 1
            self.become(name, "active")


@pytest.mark.parametrize("seed", range(8))
async def test_no_process_outlasts_a_request_that_it_must_not_outlast(cluster: Cluster, seed: int) -> None:
    luck = random.Random(seed)
    machine = cluster.prepare()
    systemd = machine.systemd = JobbingSystemd(luck)
    await machine.start()
    await cluster.eventually(lambda: machine.daemon.presence.lease != 0 and machine.daemon.mirror.fresh)
    await machine.run_unit(NAME)
    await settled(cluster, machine)
    for _ in range(8):
        before, halted = systemd.process, False
        for _ in range(luck.randrange(1, 4)):
            halted |= await ask(machine, luck)
            await asyncio.sleep(luck.choice((0, 0.005, 0.02, 0.06)))
        if NAME not in machine.daemon.mirror.snapshot.units:
            await machine.submit(NAME)
        await machine.desire(NAME, "launched")
        await settled(cluster, machine)
        assert (systemd.process > before) == halted, systemd.calls


async def ask(machine: TestMachine, luck: random.Random) -> bool:
    """Ask for something; whether what runs must not outlast it."""
    what = luck.choice(("launched", "loaded", "inactive", "restart", "destroy"))
    known = NAME in machine.daemon.mirror.snapshot.units
    if what == "destroy" and known:
        await machine.destroy(NAME)
    elif what in ("destroy", "restart") or not known:
        await (machine.restart_unit(NAME) if known else machine.run_unit(NAME))
    else:
        await machine.desire(NAME, what)
    return what != "launched" or not known


async def settled(cluster: Cluster, machine: TestMachine) -> None:
    """The last request is carried out, and the unit runs."""
    await cluster.eventually(lambda: machine.daemon.mirror.snapshot.units[NAME].machine == machine.id)
    await cluster.eventually(lambda: cluster.current(NAME) == "launched" and machine.systemd.active[NAME] == "active")
