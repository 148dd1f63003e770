"""Sets desired states, and waits until the units have come to them."""

from collections.abc import Iterable

from fleet.ctl.client import Since
from fleet.ctl.entities import Unit
from fleet.ctl.errors import ApiError, CommandError, failing_with
from fleet.ctl.invocation import Invocation
from fleet.ctl.machines import Machines
from fleet.ctl.waiting import Deadline, until_none_left


def request(call: Invocation, units: Iterable[Unit], state: str) -> list[Unit]:
    """Asks for the state; returns the units that have a machine of their own, so that there is one to wait for.

    Global units and, with `--no-block`, all others are reported as triggered.
    """
    verb = call.command.name if call.command else ""
    awaited = []
    for unit in units:
        call.api.set_desired_state(unit.name, state)
        if unit.is_global:
            call.say(f"Triggered global unit {unit.name} {verb}")
        elif call.flags.truth("no-block"):
            call.say(f"Triggered unit {unit.name} {verb}")
        else:
            awaited.append(unit)
    return awaited


def await_state(call: Invocation, units: Iterable[Unit], state: str) -> list[Unit]:
    """Waits until all units are in the state, saying so for each; returns them as they then are.

    Raises CommandError if one cannot be in that state any more, or has not come to it in time.
    """
    machines = Machines(call.api)
    names = [unit.name for unit in units]
    known: dict[str, Unit] = {}

    def settle(since: Since | None, names: list[str]) -> list[str]:
        known.clear()
        known.update(call.api.units(since))
        for name in names:
            if name not in known:
                raise CommandError(f"Error waiting for units: unit {name} was destroyed meanwhile")
        reached = [name for name in names if known[name].current == state]
        for name in reached:
            place = known[name].machine_id
            call.say(f"Unit {name} {state}" + (f" on {machines.label(place)}" if place and state != "inactive" else ""))
        return reached

    deadline = Deadline.of(call)
    with failing_with("Error waiting for units"):
        late = until_none_left(call.api, names, deadline, settle)
    if late:
        problems = [
            f"timed out waiting for unit {name} to report state {state}"
            + (f": {known[name].waits_for}" if known[name].waits_for else "")
            for name in late
        ]
        lines = [f"Error waiting for units: {problem}" for problem in problems]
        raise CommandError("\n".join([*lines, f"Error waiting for unit states, exit status: {problems[0]}"]))
    return [known[name] for name in names]


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
