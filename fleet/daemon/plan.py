"""What an agent has to do: a pure function of what its machine shall have and what it has."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from fleet.daemon.board import Board
from fleet.daemon.entities import Unit
from fleet.daemon.groups import groups
from fleet.daemon.snapshot import Snapshot
from fleet.daemon.store import Held
from fleet.model.states import LAUNCHED


@dataclass(frozen=True, slots=True)
class Plan:
    """Names of units to unload, load, stop and start; what is unloaded for another text is loaded by a later plan."""

    unload: tuple[str, ...] = ()
    load: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()


def assigned(snapshot: Snapshot, machine_id: str, held: Collection[str]) -> dict[str, Unit]:
    """The units that a machine shall have: those placed on it, and the global ones that run there.

    While the machine is not registered nobody can say which global units it admits: it keeps those that it has.
    """
    placed = {name: unit for name, unit in snapshot.units.items() if unit.machine == machine_id and not unit.is_global}
    everywhere = {name: unit for name, unit in snapshot.units.items() if unit.requirements.is_global}
    if everywhere and machine_id in snapshot.machines:
        here: Mapping[str, Unit] = Board(snapshot.machines, snapshot.units).globals_on(machine_id)
    else:
        here = {name: unit for name, unit in everywhere.items() if name in held}
    return {name: unit for name, unit in sorted({**placed, **here}.items()) if unit.wanted and not unit.misfit}


def plan(
    wanted: Mapping[str, Unit], held: Mapping[str, Held], *, busy: Collection[str] = (), broken: Collection[str] = ()
) -> Plan:
    """The next steps. Units that are `busy` are let finish; `broken` ones are not loaded again, and hold up nobody."""
    stale = {name for name, have in held.items() if name not in wanted or have.hash != wanted[name].hash}
    ready = {name for name in held if name not in stale and name not in busy}
    # No answer is newer than its request, unless etcd was restored from a backup: then it is one to something else.
    unanswered = [name for name in sorted(ready) if held[name].answered != wanted[name].request]
    able = {name: unit for name, unit in wanted.items() if name not in broken}
    whole = {name for group in groups(able) if ready.issuperset(group) for name in group}
    return Plan(
        unload=tuple(name for name in sorted(stale) if name not in busy),
        load=tuple(name for name in wanted if name not in held and name not in busy and name not in broken),
        stop=tuple(name for name in unanswered if wanted[name].desired != LAUNCHED),
        start=tuple(name for name in unanswered if wanted[name].desired == LAUNCHED and name in whole),
    )


def cause_of_unload(wanted: Unit | None, known: Unit | None) -> str:
    """Why a machine unloads a unit that it shall have in another form (`wanted`), or that is so in the registry."""
    if wanted is not None:
        return "its text has changed"
    if known is None:
        return "it was destroyed"
    return f"it is {known.desired}" if not known.wanted else "it belongs elsewhere"
