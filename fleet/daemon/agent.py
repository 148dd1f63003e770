"""The agent: makes this machine's systemd have and run what the registry says, one change at a time.

Order in a pass: files first, one daemon-reload, then stops and starts. No unit is started before all units that
`MachineOf=` connects with it are loaded. Whatever fails, fails alone; only that is tried again by timer.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from fleet.daemon.entities import Unit
from fleet.daemon.mirror import Mirror
from fleet.daemon.pace import Pace
from fleet.daemon.plan import Plan, assigned, cause_of_unload, plan
from fleet.daemon.presence import Presence
from fleet.daemon.reloader import Reloader
from fleet.daemon.store import Held, Store
from fleet.daemon.systemd import Systemd, SystemdError
from fleet.daemon.troubles import Troubles
from fleet.model.states import DOWN, LAUNCHED

log = logging.getLogger(__name__)

PASS_AGAIN = 1.0  # seconds until a pass that failed as a whole, such as by a refused daemon-reload, is tried again
STOPS = 3  # stop jobs for a unit before it counts as one that does not stop


class Agent:
    """Owns the unit files of this machine.

    `held` is what it has, `broken` what it could not load, `errors` what went wrong with a unit last.
    """

    def __init__(self, machine_id: str, mirror: Mirror, presence: Presence, systemd: Systemd, store: Store) -> None:
        self.held: dict[str, Held] = {}
        self._machine_id = machine_id
        self._mirror = mirror
        self._presence = presence
        self._systemd = systemd
        self._store = store
        self._reloader = Reloader(systemd)
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._leaving = False
        self._passing = asyncio.Lock()
        self._listeners: list[Callable[[], object]] = []
        self._pace = Pace()
        self._wake = asyncio.Event()
        self._troubles = Troubles(machine_id, mirror, self._wake.set)
        self.broken, self.errors = self._troubles.broken, self._troubles.errors
        mirror.listen(self._wake.set, states=False)

    def listen(self, listener: Callable[[], object]) -> None:
        """Call this when `held`, `broken` or `errors` have changed."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Adopt what is there, then follow the registry, for ever."""
        self.held = self._store.scan()
        for name in self.held:
            await self._systemd.watch(name)
        if self.held:
            log.info("agent: adopted %s", " ".join(self.held))
        self._tell()
        while True:
            self._wake.clear()
            if self._mirror.fresh and not self._leaving:
                try:
                    async with self._passing:
                        await self._pass()
                except (SystemdError, OSError) as error:
                    log.error("agent: %s", error)
                    asyncio.get_running_loop().call_later(PASS_AGAIN, self._wake.set)
            await self._wake.wait()
            await self._pace.rest()

    async def unload_all(self) -> None:
        """Stop and unload every unit, wait for that, and start none any more; what does not go is still `held` then."""
        self._leaving = True
        await self._unload_held()
        async with self._passing:
            pass  # a pass that was under way may have loaded one more
        await self._unload_held()

    async def _unload_held(self) -> None:
        unloads = [self._begin_unload(name, "this machine leaves") for name in self.held]
        await asyncio.gather(*unloads, return_exceptions=True)

    async def _pass(self) -> None:
        with self._pace.look():
            wanted = self._wanted()
            if self._troubles.forget(wanted):
                self._tell()
            for held in self._presence.fence.given_back(wanted, self.held) if self._may_act() else ():
                self._hold(held)
            steps = self._plan(wanted)
        for name in steps.unload:
            self._begin_unload(name, cause_of_unload(wanted.get(name), self._mirror.snapshot.units.get(name)))
        if steps.load and self._may_act():
            await self._load_all([wanted[name] for name in steps.load])
            wanted = self._wanted()  # loading took its time
            steps = self._plan(wanted)
        for name in (*steps.stop, *steps.start):
            if not (self._may_act() and self._still_asks(wanted[name])):
                return  # what changed brings the next pass
            await (self._stop if name in steps.stop else self._start)(wanted[name])

    def _may_act(self) -> bool:
        """Whether this machine is part of the cluster: else it may stop what it must not have, and start nothing."""
        return self._mirror.fresh and self._presence.may_start and not self._leaving

    def _still_asks(self, unit: Unit) -> bool:
        now = self._mirror.snapshot.units.get(unit.name)
        return now is not None and (now.request, now.machine) == (unit.request, unit.machine)

    def _wanted(self) -> dict[str, Unit]:
        return assigned(self._mirror.snapshot, self._machine_id, self.held)

    def _plan(self, wanted: dict[str, Unit]) -> Plan:
        busy = self._busy.keys() | self._troubles.waiting(wanted, self.held)
        return plan(wanted, self.held, busy=busy, broken=self._troubles.unloadable)

    async def _load_all(self, units: list[Unit]) -> None:
        """Put all files there, and let systemd read them at once: only then the units count as loaded."""
        there = [unit for unit in units if await self._load(unit)]
        try:
            await self._reloader.reload()
        except SystemdError:
            for unit in there:  # they may be wanted no more when this is tried again
                await self._drop_file(unit.name)
                await self._attempt(self._systemd.unwatch(unit.name))
            raise
        for unit in there:
            log.info("agent: loaded %s", unit.name)
            self._troubles.loaded(unit.name)
            # A unit that shall only be loaded has its request answered by that.
            self._hold(Held(unit.name, unit.hash, 0 if unit.desired == LAUNCHED else unit.request))
        for name in self._troubles.startable(self.held):
            self.held[name] = Held(name, self.held[name].hash)

    async def _load(self, unit: Unit) -> bool:
        path = self._store.path(unit.name)
        try:
            self._store.write(unit.name, unit.file)
            await self._systemd.link(path)
            if any(option.section == "Install" for option in unit.file.options):
                await self._systemd.enable(path)
            await self._systemd.watch(unit.name)
        except (SystemdError, OSError, ValueError) as error:
            await self._drop_file(unit.name)
            self._troubles.not_loaded(unit, _words(error))
            self._tell()
            return False
        return True

    async def _start(self, unit: Unit) -> None:
        have = self.held.get(unit.name)
        if have and have.started and not unit.may_go_on(have.answered):
            self._occupy(unit.name, self._launch(unit, self._systemd.restart, "restarted"))
            return
        if stop := await self._systemd.stopping(unit.name):
            # A start would cancel it, and a unit whose turn to stop has not come would just run on.
            self._occupy(unit.name, self._systemd.over(stop))
        else:
            await self._launch(unit, self._systemd.start, "started")

    async def _launch(self, unit: Unit, ask: Callable[[str], Awaitable[None]], done: str) -> None:
        self._troubles.over(unit.name)
        try:
            await ask(unit.name)
            log.info("agent: %s %s", done, unit.name)
        except SystemdError as error:
            self._troubles.not_started(unit.name, _words(error), done)
        self._hold(Held(unit.name, unit.hash, unit.request, started=True))

    async def _stop(self, unit: Unit) -> None:
        self._troubles.over(unit.name)
        runs = False
        try:
            await self._systemd.stop(unit.name)
            log.info("agent: stopped %s", unit.name)
        except SystemdError as error:
            have = self.held.get(unit.name)
            runs = have is not None and have.started and await self._activity(unit.name) not in DOWN
            if runs:
                self._troubles.not_stopped(unit.name, _words(error))
        self._hold(Held(unit.name, unit.hash, unit.request, started=runs))

    def _occupy(self, name: str, work: Awaitable[None]) -> None:
        """Let a unit be while something long is under way with it, and then look at it again."""

        async def occupied() -> None:
            try:
                await self._attempt(work)
            finally:
                self._busy.pop(name, None)
                self._wake.set()

        self._busy[name] = asyncio.ensure_future(occupied())

    def _begin_unload(self, name: str, cause: str) -> asyncio.Task[None]:
        if name not in self._busy:
            log.info("agent: unloading %s (%s)", name, cause)
            self._busy[name] = asyncio.ensure_future(self._unload(name))
        return self._busy[name]

    async def _unload(self, name: str) -> None:
        """Stop a unit, wait until systemd is through with it, and only then take its file away."""
        try:
            await self._bring_down(name)
            await self._drop_file(name)
            await self._attempt(self._systemd.reset_failed(name))
            await self._reloader.reload()
            await self._attempt(self._systemd.unwatch(name))
        except Exception as error:
            self._troubles.not_unloaded(name, _words(error))
        else:
            log.info("agent: unloaded %s", name)
            self.held.pop(name, None)
            self._troubles.over(name)
            self._wake.set()
        finally:
            self._busy.pop(name, None)
            self._tell()

    async def _bring_down(self, name: str) -> None:
        """Stop a unit until it is down: a stop job may be refused, or be cancelled by somebody's start."""
        for _ in range(STOPS):
            await self._attempt(self._systemd.stop(name, wait=True))
            activity = await self._activity(name)
            if activity in DOWN:
                return
        raise SystemdError(f"it is {activity} after {STOPS} stops")

    async def _activity(self, name: str) -> str:
        status = (await self._systemd.status([name])).get(name)
        return status.active if status else "inactive"

    async def _attempt(self, step: Awaitable[None]) -> None:
        """Take a step of which a refusal means that there is nothing left to do."""
        try:
            await step
        except SystemdError as error:
            log.debug("agent: %s", error)

    async def _drop_file(self, name: str) -> None:
        await self._attempt(self._systemd.disable(name))
        self._store.remove(name)

    def _hold(self, held: Held) -> None:
        self._store.note(held)
        self.held[held.name] = held
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
