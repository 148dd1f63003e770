"""The agent: makes this machine's systemd have and run what the registry says, one change at a time.

Order in a pass: files first, one daemon-reload, then stops and starts. No unit is started before all units that
`MachineOf=` connects with it are loaded. Whatever fails, fails alone; only that is tried again by timer.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from fleet.daemon.broken import Broken
from fleet.daemon.entities import Unit
from fleet.daemon.mirror import Mirror
from fleet.daemon.moving import Moving
from fleet.daemon.pace import Pace
from fleet.daemon.plan import Plan, assigned, cause_of_unload, plan
from fleet.daemon.presence import Presence
from fleet.daemon.reloader import Reloader
from fleet.daemon.store import Held, Store
from fleet.daemon.systemd import DOWN, Systemd, SystemdError
from fleet.model.states import LAUNCHED

log = logging.getLogger(__name__)

PASS_AGAIN = 1.0  # seconds until a pass that failed as a whole, such as by a refused daemon-reload, is tried again
TRY_AGAIN = 5.0  # seconds until a unit that could not be loaded, or not be unloaded, is tried again
STOPS = 3  # stop jobs for a unit before it counts as one that does not stop


class Agent:
    """Owns the unit files of this machine.

    `held` is what it has, `broken` what it could not load, `errors` what went wrong with a unit last.
    """

    def __init__(self, machine_id: str, mirror: Mirror, presence: Presence, systemd: Systemd, store: Store) -> None:
        self.held: dict[str, Held] = {}
        self.errors: dict[str, str] = {}
        self._machine_id = machine_id
        self._mirror = mirror
        self._presence = presence
        self._systemd = systemd
        self._store = store
        self._reloader = Reloader(systemd)
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._later: set[str] = set()
        self._unstarted: set[str] = set()
        self._leaving = False
        self._passing = asyncio.Lock()
        self._listeners: list[Callable[[], object]] = []
        self._pace = Pace()
        self._wake = asyncio.Event()
        self._broken = Broken(self._wake.set)
        self.broken = self._broken.units
        self._moving = Moving(machine_id, mirror, self._wake.set)
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
            self._forget_broken(wanted)
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
        busy = self._busy.keys() | self._later | self._moving.awaited(wanted, self.held)
        return plan(wanted, self.held, busy=busy, broken=self._broken.waiting)

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
            self._mend(unit.name)
            # A unit that shall only be loaded has its request answered by that.
            self._hold(Held(unit.name, unit.hash, 0 if unit.desired == LAUNCHED else unit.request))
        self._retry_unstarted()

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
            self._break(unit, _words(error))
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
        self._unstarted.discard(unit.name)
        self.errors.pop(unit.name, None)
        try:
            await ask(unit.name)
            log.info("agent: %s %s", done, unit.name)
        except SystemdError as error:
            log.error("agent: %s cannot be %s: %s", unit.name, done, error)
            self.errors[unit.name] = _words(error)
            self._unstarted.add(unit.name)
        self._hold(Held(unit.name, unit.hash, unit.request, started=True))

    async def _stop(self, unit: Unit) -> None:
        self._unstarted.discard(unit.name)
        self.errors.pop(unit.name, None)
        runs = False
        try:
            await self._systemd.stop(unit.name)
            log.info("agent: stopped %s", unit.name)
        except SystemdError as error:
            have = self.held.get(unit.name)
            runs = have is not None and have.started and await self._activity(unit.name) not in DOWN
            if runs:
                log.error("agent: %s cannot be stopped: %s", unit.name, error)
                self.errors[unit.name] = _words(error)
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
            log.error("agent: %s cannot be unloaded: %s", name, _words(error))
            self.errors[name] = _words(error)
            self._later.add(name)  # whatever wakes the agent until then, its own stop jobs among it
            asyncio.get_running_loop().call_later(TRY_AGAIN, self._unload_again, name)
        else:
            log.info("agent: unloaded %s", name)
            self.held.pop(name, None)
            self.errors.pop(name, None)
            self._unstarted.discard(name)
            self._wake.set()
        finally:
            self._busy.pop(name, None)
            self._tell()

    def _unload_again(self, name: str) -> None:
        self._later.discard(name)
        self._wake.set()

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

    def _retry_unstarted(self) -> None:
        """What could not be started may now find the unit that it requires."""
        for name in self._unstarted & self.held.keys():
            self.held[name] = Held(name, self.held[name].hash)
        self._unstarted.clear()

    def _break(self, unit: Unit, error: str) -> None:
        """Say that a unit cannot be loaded; it is tried again when it is asked for again, and after a while."""
        if self.errors.get(unit.name) != error:
            log.error("agent: %s cannot be loaded: %s", unit.name, error)
        self._broken.add(unit, TRY_AGAIN)
        self.errors[unit.name] = error
        self._tell()

    def _mend(self, name: str) -> None:
        if self._broken.remove(name):
            self.errors.pop(name, None)

    def _forget_broken(self, wanted: dict[str, Unit]) -> None:
        """A unit with another text, or that is asked for again, may be tried again."""
        for name in self._broken.outdated(wanted):
            self._mend(name)
            self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
