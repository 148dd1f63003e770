"""Sets desired states, and waits until the units have come to them."""

from collections.abc import Iterable

from fleet.ctl.client import Since
from fleet.ctl.entities import Unit
from fleet.ctl.errors import ApiError, CommandError, failing_with
from fleet.ctl.invocation import Invocation
from fleet.ctl.waiting import Deadline, until_none_left


def request(call: Invocation, units: Iterable[Unit], state: str) -> list[Unit]:
    """Asks for the state; returns the units that have a machine of their own, so that there is one to wait for.

    Global units and, with `--no-block`, all others are reported as triggered.
    """
    verb = call.command.name if call.command else ""
    awaited = []
    named: dict[str, Unit] = {unit.name: unit for unit in units}
    for name in call.api.set_desired_state(list(named), state):
        unit = named[name]
        if unit.is_global:
            call.say(f"Triggered global unit {unit.name} {verb}")
        elif call.flags.truth("no-block"):
            call.say(f"Triggered unit {unit.name} {verb}")
        else:
            awaited.append(unit)
    return awaited


def await_state(call: Invocation, units: Iterable[Unit], state: str) -> list[Unit]:
    """Waits until all units are in the state, saying so for each; returns them as they then are.

    Raises CommandError if one cannot be in that state, or has not come to it in time; the others are waited for.
    """
    names = [unit.name for unit in units]
    known: dict[str, Unit] = {}
    problems: list[str] = []

    def settle(since: Since | None, names: list[str]) -> list[str]:
        known.clear()
        known.update(call.api.units(since))
        for name in names:
            if name not in known:
                raise CommandError(f"Error waiting for units: unit {name} was destroyed meanwhile")
        reached = {name: known[name] for name in names if known[name].current == state and not known[name].pending}
        failed = {name: known[name] for name in names if known[name].error and name not in reached}
        places = {name: call.machines.label(unit.machine_id) for name, unit in {**reached, **failed}.items()}
        for name in reached:
            call.say(f"Unit {name} {state} on {places[name]}")
        problems.extend(f"unit {n} cannot be {_done(call, state)} on {places[n]}: {failed[n].error}" for n in failed)
        return [*reached, *failed]

    with failing_with("Error waiting for units"):
        late = until_none_left(call.api, names, Deadline.of(call), settle)
    problems += [
        too_late(name, state) + (f": {known[name].waits_for}" if known[name].waits_for else "") for name in late
    ]
    raise_any(problems)
    return [known[name] for name in names]


def await_absence(call: Invocation, names: Iterable[str], line: str, deadline: Deadline) -> list[str]:
    """Waits until no machine has any of the units, so that their processes are gone; returns those that are late.

    Says the line for each, with its name in the place of `{}`. What a machine met with a unit is said once, for it may
    be why the wait does not end.
    """
    told: set[tuple[str, str]] = set()

    def settle(since: Since | None, left: list[str]) -> list[str]:
        states = call.api.states(since)
        for state in states:
            if state.unit in left and state.error and (state.unit, state.error) not in told:
                call.warn(f"Unit {state.unit} is still on {call.machines.label(state.machine_id)}: {state.error}")
                told.add((state.unit, state.error))
        present = {state.unit for state in states}
        absent = [name for name in left if name not in present]
        for name in absent:
            call.say(line.format(name))
        return absent

    return until_none_left(call.api, names, deadline, settle)


def await_unloaded(call: Invocation, units: Iterable[Unit]) -> None:
    """Waits until the units are inactive, and their processes gone; raises CommandError if that takes too long."""
    with failing_with("Error waiting for units"):
        late = await_absence(call, [unit.name for unit in units], "Unit {} inactive", Deadline.of(call))
    raise_any([too_late(name, "inactive") for name in late])


def _done(call: Invocation, state: str) -> str:
    return "stopped" if call.command and call.command.name == "stop" else state


def too_late(name: str, state: str) -> str:
    """What to say of a unit that was waited for in vain."""
    return f"timed out waiting for unit {name} to report state {state}"


def raise_any(problems: list[str]) -> None:
    """Raises CommandError with all of the problems, in fleet's words; returns if there are none."""
    if problems:
        lines = [f"Error waiting for units: {problem}" for problem in problems]
        raise CommandError("\n".join([*lines, f"Error waiting for unit states, exit status: {problems[0]}"]))


def known_among(call: Invocation) -> list[Unit]:
    """The units of the arguments that the registry knows, once each; says so if there is none."""
    from fleet.model.names import mangle

    try:
        known = call.api.units()
    except ApiError as problem:
        raise CommandError(f"Error retrieving list of units from repository: {problem}") from problem
    units = [known[name] for name in dict.fromkeys(map(mangle, call.arguments)) if name in known]
    if not units:
        call.warn("Units not found in registry")
    return units


def nothing_given(call: Invocation) -> bool:
    """Whether there are no arguments; says so."""
    if not call.arguments:
        call.warn("No units given")
    return not call.arguments
