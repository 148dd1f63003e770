"""The agent: makes this machine's systemd have and run what the registry says, one change at a time, nothing by timer.

Order in a pass: files first, one daemon-reload, then stops and starts. No unit is started before all units that
`MachineOf=` connects with it are loaded. Whatever fails, fails alone.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from fleet.daemon.entities import Unit
from fleet.daemon.mirror import Mirror
from fleet.daemon.plan import Plan, assigned, plan
from fleet.daemon.presence import Presence
from fleet.daemon.reloader import Reloader
from fleet.daemon.store import Held, Store
from fleet.daemon.systemd import Systemd, SystemdError
from fleet.model.states import LAUNCHED

log = logging.getLogger(__name__)


class Agent:
    """Owns the unit files of this machine. `held` is what it has, `errors` what went wrong with a unit last."""

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
        self._broken: dict[str, tuple[str, int]] = {}
        self._unstarted: set[str] = set()
        self._listeners: list[Callable[[], object]] = []
        self._wake = asyncio.Event()
        mirror.listen(self._wake.set)
        presence.listen(self._wake.set)

    def listen(self, listener: Callable[[], object]) -> None:
        """Call this when `held` or `errors` have changed."""
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
            if self._mirror.fresh:
                try:
                    await self._pass()
                except SystemdError as error:
                    log.error("agent: systemd: %s", error)
            await self._wake.wait()

    async def unload_all(self) -> None:
        """Stop and unload every unit, and wait until that is done."""
        unloads = [self._begin_unload(name, "this machine leaves") for name in self.held]
        await asyncio.gather(*unloads, return_exceptions=True)

    async def _pass(self) -> None:
        wanted = self._wanted()
        self._forget_broken(wanted)
        steps = self._plan(wanted)
        for name in steps.unload:
            self._begin_unload(name, _cause(wanted.get(name), self._mirror.snapshot.units.get(name)))
        if self._presence.lease == 0:
            return  # not (yet) part of the cluster: it may stop what it must not have, and start nothing
        if steps.load:
            await self._load_all([wanted[name] for name in steps.load])
            steps = self._plan(wanted)
        for name in steps.stop:
            await self._stop(wanted[name])
        for name in steps.start:
            await self._start(wanted[name])

    def _wanted(self) -> dict[str, Unit]:
        return assigned(self._mirror.snapshot, self._machine_id, self.held)

    def _plan(self, wanted: dict[str, Unit]) -> Plan:
        return plan(wanted, self.held, busy=self._busy, broken=self._broken)

    async def _load_all(self, units: list[Unit]) -> None:
        """Put all files there, and let systemd read them at once: only then the units count as loaded."""
        there = [unit for unit in units if await self._load(unit)]
        await self._reloader.reload()
        for unit in there:
            log.info("agent: loaded %s", unit.name)
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
        except (SystemdError, OSError) as error:
            log.error("agent: %s cannot be loaded: %s", unit.name, error)
            self._broken[unit.name] = (unit.hash, unit.request)
            self.errors[unit.name] = str(error)
            await self._drop_file(unit.name)
            return False
        return True

    async def _start(self, unit: Unit) -> None:
        self.errors.pop(unit.name, None)
        try:
            await self._systemd.start(unit.name)
            log.info("agent: started %s", unit.name)
        except SystemdError as error:
            log.error("agent: %s cannot be started: %s", unit.name, error)
            self.errors[unit.name] = str(error)
            self._unstarted.add(unit.name)
        self._hold(Held(unit.name, unit.hash, unit.request, started=True))

    async def _stop(self, unit: Unit) -> None:
        self.errors.pop(unit.name, None)
        try:
            await self._systemd.stop(unit.name)
            log.info("agent: stopped %s", unit.name)
        except SystemdError as error:
            log.error("agent: %s cannot be stopped: %s", unit.name, error)
            self.errors[unit.name] = str(error)
        self._hold(Held(unit.name, unit.hash, unit.request))

    def _begin_unload(self, name: str, cause: str) -> asyncio.Task[None]:
        if name not in self._busy:
            log.info("agent: unloading %s (%s)", name, cause)
            self._busy[name] = asyncio.ensure_future(self._unload(name))
        return self._busy[name]

    async def _unload(self, name: str) -> None:
        """Stop a unit, wait until systemd is through with it, and only then take its file away."""
        try:
            await self._attempt(self._systemd.stop(name, wait=True))
            await self._drop_file(name)
            await self._attempt(self._systemd.reset_failed(name))
            await self._reloader.reload()
            await self._attempt(self._systemd.unwatch(name))
            log.info("agent: unloaded %s", name)
        finally:
            self.held.pop(name, None)
            self.errors.pop(name, None)
            self._unstarted.discard(name)
            self._busy.pop(name, None)
            self._tell()
            self._wake.set()

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

    def _forget_broken(self, wanted: dict[str, Unit]) -> None:
        """A unit with another text, or that is asked for again, may be tried again."""
        for name, tried in list(self._broken.items()):
            if name not in wanted or (wanted[name].hash, wanted[name].request) != tried:
                del self._broken[name]
                self.errors.pop(name, None)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def _cause(wanted: Unit | None, known: Unit | None) -> str:
    if wanted is not None:
        return "its text has changed"
    if known is None:
        return "it was destroyed"
    return f"it is {known.desired}" if not known.wanted else "it belongs elsewhere"
