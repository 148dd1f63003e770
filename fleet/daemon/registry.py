"""The registry's keys in etcd, and every transaction that changes them.

Layout, below the prefix (`/_coreos.com/fleet/` by default):

    machines/ID          JSON of the machine; leased
    leaving/ID           there while the machine stops its units in order to leave: nothing is placed on it; leased
    metadata/ID/KEY      metadata set through the API; an empty value hides the machine's own
    units/NAME/file      JSON list of [section, name, value]
    units/NAME/desired   inactive, loaded or launched; written anew by every request, also for the same state
    units/NAME/halted    written by every request that no process may outlast: not to run, or to be restarted
    units/NAME/machine   id of the machine on which the engine placed it
    units/NAME/reason    why it cannot be placed
    states/NAME/ID       JSON of what that machine says about the unit; leased, written by that machine only
    leader               id of the machine whose engine places units; leased
    touched              written by every change that a user makes: its revision is how far a reader must have come
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from fleet.daemon.entities import Machine, Unit, UnitState
from fleet.daemon.etcd import Commit, Delete, Etcd, Put, Unchanged
from fleet.daemon.mirror import Mirror
from fleet.daemon.snapshot import Snapshot
from fleet.model.states import LAUNCHED, DesiredState
from fleet.model.unitfile import UnitFile


class Conflict(Exception):
    """Somebody else changed the same thing meanwhile: look again and decide anew."""


class Registry:
    """Reads come from the mirror; a write returns when the mirror shows it, unless all that it does is to delete."""

    def __init__(self, etcd: Etcd, prefix: str, mirror: Mirror) -> None:
        self.etcd = etcd
        self.mirror = mirror
        self._prefix = prefix

    def key(self, *parts: str) -> str:
        """The full key of these parts."""
        return self._prefix + "/".join(parts)

    async def latest(self) -> Snapshot:
        """The snapshot with everything that any user's finished request changed, on whatever machine it was made."""
        touched = await self.etcd.get(self.key("touched"))
        return await self.mirror.seen(touched.revision if touched else 0)

    async def create(self, name: str, unit_file: UnitFile, desired: DesiredState) -> None:
        """Add a unit; raises Conflict if there is one."""
        options = json.dumps([list(option) for option in unit_file.options])
        changes = [Put(self.key("units", name, "file"), options), Put(self.key("units", name, "desired"), desired)]
        await self._request(changes, [Unchanged(self.key("units", name, "file"), 0)])

    async def replace(self, unit: Unit, unit_file: UnitFile, desired: DesiredState) -> None:
        """Give a unit another text and state."""
        options = json.dumps([list(option) for option in unit_file.options])
        changes = [
            Put(self.key("units", unit.name, "file"), options),
            Put(self.key("units", unit.name, "desired"), desired),
        ]
        await self._request(changes, [self._same_request(unit)])

    async def desire(self, unit: Unit, desired: DesiredState, *, restart: bool = False) -> None:
        """Ask for a state; the same state again is a request, too. With `restart`, what runs is stopped before."""
        changes = [Put(self.key("units", unit.name, "desired"), desired)]
        if restart or desired != LAUNCHED:
            changes.append(Put(self.key("units", unit.name, "halted"), ""))
        await self._request(changes, [self._same_request(unit)])

    async def destroy(self, unit: Unit) -> None:
        """Forget a unit; its machine unloads it then."""
        await self._request([Delete(self.key("units", unit.name) + "/", prefix=True)], [self._same_request(unit)])

    async def annotate(self, overlay: Mapping[tuple[str, str], str]) -> None:
        """Set metadata, by machine and key, that lies over the machines' own; an empty value hides it."""
        await self._request([Put(self.key("metadata", *where), value) for where, value in overlay.items()])

    async def place(
        self,
        leadership: Unchanged,
        placements: Mapping[str, str | None],
        seen: Mapping[str, Unit],
        gone: Iterable[str] = (),
    ) -> bool:
        """Put units on machines, or (None) nowhere, all at once; False if anything is not as it was seen.

        Also if one of the machines that are `gone` is back: from then on it takes for its own what was there.
        """
        changes = [
            Put(self.key("units", name, "machine"), machine) if machine else Delete(self.key("units", name, "machine"))
            for name, machine in placements.items()
        ]
        conditions = [leadership, *(Unchanged(self.key("machines", one), 0) for one in gone)]
        for name in placements:
            conditions.append(self._same_request(seen[name]))
            conditions.append(Unchanged(self.key("units", name, "machine"), seen[name].placed))
        return (await self._commit(changes, conditions)).succeeded

    async def explain(self, leadership: Unchanged, reasons: Mapping[str, str], seen: Mapping[str, Unit]) -> bool:
        """Say why units cannot be placed; an empty text takes it back."""
        changes = [
            Put(self.key("units", name, "reason"), text) if text else Delete(self.key("units", name, "reason"))
            for name, text in reasons.items()
        ]
        return (
            await self._commit(changes, [leadership, *(self._same_request(seen[name]) for name in reasons)])
        ).succeeded

    async def publish(self, lease: int, states: Iterable[UnitState], gone: Iterable[tuple[str, str]] = ()) -> None:
        """Say how units are on this machine, and of which it has nothing more to say."""
        changes: list[Put | Delete] = [Delete(self.key("states", *key)) for key in gone]
        for state in states:
            value: dict[str, Any] = {"load": state.load, "active": state.active, "sub": state.sub, "hash": state.hash}
            value |= {"answered": state.answered} if state.answered else {}
            value |= {"launched": True} if state.launched else {}
            value |= {"error": state.error} if state.error else {}
            changes.append(Put(self.key("states", state.name, state.machine), json.dumps(value), lease))
        for start in range(0, len(changes), MAX_OPERATIONS):
            portion = changes[start : start + MAX_OPERATIONS]
            await self._commit(portion)

    async def announce(self, machine: Machine, lease: int) -> None:
        """Enter a machine, or take its entry over, also as one that is about to leave."""
        value: dict[str, Any] = {"ip": machine.ip, "hostname": machine.hostname, "instance": machine.instance}
        value["metadata"] = dict(machine.metadata)
        entry = Put(self.key("machines", machine.id), json.dumps(value), lease)
        mark = self.key("leaving", machine.id)
        await self._commit([entry, Put(mark, "", lease) if machine.leaving else Delete(mark)])

    def _same_request(self, unit: Unit) -> Unchanged:
        return Unchanged(self.key("units", unit.name, "desired"), unit.request)

    async def _request(self, changes: Iterable[Put | Delete], only_if: Iterable[Unchanged] = ()) -> None:
        commit = await self._commit([*changes, Put(self.key("touched"), "")], only_if)
        if not commit.succeeded:
            raise Conflict

    async def _commit(self, changes: Iterable[Put | Delete], only_if: Iterable[Unchanged] = ()) -> Commit:
        changes = tuple(changes)
        commit = await self.etcd.commit(changes, only_if=only_if)
        # What only deletes may find nothing to delete, as after an answer that was lost: there is nothing to be seen.
        if commit.succeeded and any(isinstance(change, Put) for change in changes):
            await self.mirror.seen(commit.revision)
        return commit


MAX_OPERATIONS = 100  # etcd takes 128 in a transaction
