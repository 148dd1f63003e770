"""The registry as it was at one revision, and how it is put together from keys, one change at a time."""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeVar

from fleet.daemon.entities import Machine, Unit, UnitState
from fleet.daemon.etcd import KeyValue
from fleet.model.states import INACTIVE, parse_state
from fleet.model.unitfile import UnitFile
from fleet.model.xfleet import Requirements

log = logging.getLogger(__name__)
StateKey = tuple[str, str]
_MACHINE = frozenset({"ip", "hostname", "instance", "metadata"})
_STATE = frozenset({"load", "active", "sub", "hash", "answered", "launched", "error"})
Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An immutable view; states are keyed by (unit name, machine id)."""

    revision: int = 0
    machines: Mapping[str, Machine] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)
    states: Mapping[StateKey, UnitState] = field(default_factory=dict)
    leader: str = ""
    leader_revision: int = 0

    def decides_like(self, other: "Snapshot") -> bool:
        """Whether machines and units are the same, and what may have changed decides nothing."""
        return self.machines is other.machines and self.units is other.units

    def state_of(self, unit: Unit) -> UnitState | None:
        """What the machine on which the unit is placed says about it."""
        return self.states.get((unit.name, unit.machine)) if unit.machine else None


class Assembly:
    """Builds snapshots from the registry's keys. Unreadable values are logged and count as absent.

    A snapshot shares with its predecessor what did not change: `is` tells whether machines or units did.
    """

    def __init__(self) -> None:
        self._latest = Snapshot()
        self._changed: set[str] = set()
        self._machines: dict[str, Machine] = {}
        self._leaving: set[str] = set()
        self._overlays: dict[str, dict[str, str]] = {}
        self._units: dict[str, dict[str, Any]] = {}
        self._whole: dict[str, Unit] = {}
        self._states: dict[StateKey, UnitState] = {}
        self._leader = ("", 0)

    def apply(self, items: Iterable[KeyValue]) -> None:
        """Take in what changed: keys relative to the registry's prefix, value None for a deleted one."""
        for item in items:
            kind, _, rest = item.key.partition("/")
            apply = getattr(self, f"_apply_{kind}", None)
            if apply is None:
                continue
            self._changed.add(kind)
            try:
                apply(rest, item)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                log.error("registry: %s cannot be read (%s): ignored", item.key, error)

    def snapshot(self, revision: int) -> Snapshot:
        """The view of everything applied so far."""
        machines, units, states = self._latest.machines, self._latest.units, self._latest.states
        if self._changed & {"machines", "metadata", "leaving"}:
            machines = {name: self._effective(one) for name, one in sorted(self._machines.items())}
        if "units" in self._changed:
            units = _in_order(self._whole)
            self._whole = dict(units)
        if "states" in self._changed:
            states = _in_order(self._states)
            self._states = dict(states)
        self._changed.clear()
        self._latest = Snapshot(revision, machines, units, states, *self._leader)
        return self._latest

    def _effective(self, machine: Machine) -> Machine:
        if machine.id in self._leaving:
            machine = replace(machine, leaving=True)
        overlay = self._overlays.get(machine.id)
        if not overlay:
            return machine
        # An empty overlay value hides what the machine's own configuration says.
        merged = {**machine.metadata, **overlay}
        return replace(machine, metadata={key: value for key, value in merged.items() if value})

    def _apply_machines(self, machine_id: str, item: KeyValue) -> None:
        self._machines.pop(machine_id, None)
        if item.value is not None:
            machine = Machine(id=machine_id, **_known(item.value, _MACHINE))
            self._machines[machine_id] = replace(machine, metadata=dict(machine.metadata.items()))

    def _apply_leaving(self, machine_id: str, item: KeyValue) -> None:
        (self._leaving.discard if item.value is None else self._leaving.add)(machine_id)

    def _apply_metadata(self, rest: str, item: KeyValue) -> None:
        machine_id, _, key = rest.partition("/")
        if item.value is not None:
            self._overlays.setdefault(machine_id, {})[key] = item.value
        else:
            self._overlays.get(machine_id, {}).pop(key, None)

    def _apply_states(self, rest: str, item: KeyValue) -> None:
        name, _, machine_id = rest.partition("/")
        if item.value is None:
            self._states.pop((name, machine_id), None)
            return
        try:
            self._states[name, machine_id] = UnitState(name, machine_id, lease=item.lease, **_known(item.value, _STATE))
        except (ValueError, TypeError, AttributeError):
            self._states.pop((name, machine_id), None)
            raise

    def _apply_leader(self, _rest: str, item: KeyValue) -> None:
        self._leader = (item.value or "", item.revision if item.value else 0)

    def _apply_units(self, rest: str, item: KeyValue) -> None:
        name, _, part = rest.partition("/")
        parts = self._units.setdefault(name, {})
        for field_name in _FIELDS[part]:
            parts.pop(field_name, None)
        try:
            if item.value is not None:
                parts.update(_READERS[part](name, item))
        finally:
            if "file" in parts:
                self._whole[name] = Unit(name=name, **parts)
            else:
                self._whole.pop(name, None)
            if not parts:
                del self._units[name]


def _in_order(items: Mapping[Key, Value]) -> dict[Key, Value]:
    """A sorted copy: what is all but sorted already, as after one change, is so at next to no cost."""
    return {key: items[key] for key in sorted(items)}  # type: ignore[type-var]


def _known(value: str, fields: frozenset[str]) -> dict[str, Any]:
    """What this fleetd knows of a JSON object: a newer one may say more."""
    return {field: content for field, content in json.loads(value).items() if field in fields}


def _file(name: str, item: KeyValue) -> dict[str, Any]:
    unit_file, digest = _parsed(item.value or "")
    requirements = Requirements.of(name, unit_file)
    return {"file": unit_file, "hash": digest, "requirements": requirements, "written": item.revision}


@lru_cache(maxsize=256)
def _parsed(value: str) -> tuple[UnitFile, str]:
    """The unit file and its hash, one for all instances of a template: each would have a copy of its text."""
    unit_file = UnitFile.from_options(json.loads(value))
    return unit_file, unit_file.hash


def _desired(_name: str, item: KeyValue) -> dict[str, Any]:
    return {"desired": parse_state(item.value or INACTIVE), "request": item.revision}


def _halted(_name: str, item: KeyValue) -> dict[str, Any]:
    return {"halted": item.revision}


def _machine(_name: str, item: KeyValue) -> dict[str, Any]:
    return {"machine": item.value, "placed": item.revision}


def _reason(_name: str, item: KeyValue) -> dict[str, Any]:
    return {"reason": item.value}


_READERS = {"file": _file, "desired": _desired, "halted": _halted, "machine": _machine, "reason": _reason}
_FIELDS = {
    "file": ("file", "hash", "requirements", "written"),
    "desired": ("desired", "request"),
    "halted": ("halted",),
    "machine": ("machine", "placed"),
    "reason": ("reason",),
}
