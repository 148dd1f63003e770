"""Says in the registry how this machine's units are: its own entries only, bound to its lease."""

import asyncio
import logging
from dataclasses import replace

from fleet.daemon.agent import Agent
from fleet.daemon.entities import UnitState
from fleet.daemon.etcd import Unavailable
from fleet.daemon.lease import RETRY_DELAY
from fleet.daemon.presence import Presence
from fleet.daemon.registry import Registry
from fleet.daemon.systemd import Systemd, SystemdError

log = logging.getLogger(__name__)

QUIET = 0.03  # seconds in which changes are collected: systemd reports a start in a dozen signals


class Publisher:
    """Compares what systemd and the agent say with what the registry shows, whenever either may have changed."""

    def __init__(self, machine_id: str, registry: Registry, presence: Presence, systemd: Systemd, agent: Agent) -> None:
        self._machine_id = machine_id
        self._registry = registry
        self._presence = presence
        self._systemd = systemd
        self._agent = agent
        self._known: dict[str, UnitState] = {}
        self._dirty: set[str] = set()
        self._wake = asyncio.Event()
        systemd.listen(self._systemd_changed)
        agent.listen(self._wake.set)
        registry.mirror.listen(self._wake.set)

    async def run(self) -> None:
        """Publish, for ever."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(QUIET)
            self._wake.clear()
            try:
                await self._look()
                if self._registry.mirror.fresh and self._presence.lease:
                    await self._publish(self._presence.lease)
            except (Unavailable, SystemdError) as error:
                log.warning("states cannot be published: %s", error)
                asyncio.get_running_loop().call_later(RETRY_DELAY, self._wake.set)

    def _systemd_changed(self, name: str) -> None:
        self._dirty.add(name)
        self._wake.set()

    def _says(self, name: str, digest: str) -> bool:
        return name in self._known and self._known[name].hash == digest

    async def _look(self) -> None:
        """Bring what is known about the units up to date; only those that may have changed are asked for."""
        fresh = {name for name, held in self._agent.held.items() if not self._says(name, held.hash)}
        names, self._dirty = (self._dirty & self._agent.held.keys()) | fresh, set()
        try:
            statuses = await self._systemd.status(sorted(names))
        except SystemdError:
            self._dirty |= names
            raise
        for name, status in statuses.items():
            if name in names:
                load, active, sub = status
                self._known[name] = UnitState(name, self._machine_id, load, active, sub)
        self._known = {
            name: replace(
                state,
                hash=self._agent.held[name].hash,
                answered=self._agent.held[name].answered,
                launched=self._agent.held[name].started,
                error=self._agent.errors.get(name, ""),
            )
            for name, state in self._known.items()
            if name in self._agent.held
        }

    def _broken(self) -> dict[str, UnitState]:
        """The units that could not be loaded: systemd knows none of them, and no text of them is there."""
        return {
            name: UnitState(
                name,
                self._machine_id,
                "error",
                "inactive",
                "dead",
                "",
                unit.request,
                error=self._agent.errors.get(name, ""),
            )
            for name, unit in self._agent.broken.items()
        }

    async def _publish(self, lease: int) -> None:
        shown = {
            state.name: state
            for state in self._registry.mirror.snapshot.states.values()
            if state.machine == self._machine_id
        }
        due = {name: replace(state, lease=lease) for name, state in {**self._broken(), **self._known}.items()}
        changed = [state for name, state in due.items() if shown.get(name) != state]
        gone = [(name, self._machine_id) for name in shown if name not in due]
        if changed or gone:
            await self._registry.publish(lease, changed, gone)
