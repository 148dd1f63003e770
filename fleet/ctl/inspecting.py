"""`status` and `journal`: what a unit's machine says of it, or all machines of a global one."""

from collections.abc import Sequence

from fleet.ctl.entities import Unit
from fleet.ctl.errors import CommandError, failing_with
from fleet.ctl.invocation import Invocation
from fleet.ctl.remote import become_on, run_on
from fleet.model.names import mangle

EVERY = "all"


def status(call: Invocation) -> int:
    """Prints systemd's status of each unit; stops at the first that is not well, with systemctl's exit status.

    Of a global unit it prints that of every machine, each under the machine's name, before it stops.
    """
    for number, argument in enumerate(call.arguments):
        unit = _known(call, mangle(argument))
        places = _places(call, unit)
        if not places:
            raise CommandError(f"Unit {unit.name} does not appear to be loaded.")
        if number:
            call.say("")
        if code := _everywhere(call, unit, places, ["systemctl", "status", "-l", "--no-pager", unit.name]):
            return code
    return 0


def journal(call: Invocation) -> int:
    """Prints the end of a unit's journal, and with `-f` what is added to it, until it is killed.

    Of a global unit the machine must be given, since a script that wants one journal has no use for several.
    """
    unit = _known(call, mangle(call.only("unit")))
    places, wanted = _places(call, unit), call.flags.text("machine")
    if unit.is_global and not wanted:
        raise CommandError(f"Unable to retrieve journal of global unit {unit.name}.{_choice(call, places)}")
    if wanted and wanted != EVERY:
        places = [place for place in places if place.startswith(wanted)]
    if not places:
        raise CommandError(f"Unit {unit.name} does not appear to be running{f' on {wanted}' if wanted else ''}.")
    if len(places) == 1:
        return become_on(call, places[0], _journalctl(call, unit))
    if call.flags.truth("follow"):
        raise CommandError(f"Only one journal can be followed.{_choice(call, places)}")
    return _everywhere(call, unit, places, _journalctl(call, unit))


def _everywhere(call: Invocation, unit: Unit, places: Sequence[str], command: Sequence[str]) -> int:
    """Runs the command on each machine, the name of which is said if the unit may be on several; the first failure."""
    failure = 0
    for number, place in enumerate(places):
        if unit.is_global:
            call.say(("\n" if number else "") + f"{unit.name} on {call.machines.label(place)}:")
        failure = failure or run_on(call, place, command)
    return failure


def _choice(call: Invocation, places: Sequence[str]) -> str:
    return "".join(f"\n  --machine={place}  {call.machines.label(place)}" for place in places)


def _journalctl(call: Invocation, unit: Unit) -> Sequence[str]:
    lines, output = int(call.flags.number("lines")), call.flags.text("output")
    words = ["journalctl", "--unit", unit.name, "--no-pager", "-n", str(lines), "--output", output]
    return [*(["sudo"] if call.flags.truth("sudo") else []), *words, *(["-f"] if call.flags.truth("follow") else [])]


def _places(call: Invocation, unit: Unit) -> list[str]:
    """The ids of the machines that the unit is on."""
    if unit.is_global:
        return [state.machine_id for state in call.api.states() if state.unit == unit.name]
    return [unit.machine_id] if unit.current != "inactive" else []


def _known(call: Invocation, name: str) -> Unit:
    with failing_with(f"Error retrieving Unit {name}"):
        unit = call.api.unit(name)
    if unit is None:
        raise CommandError(f"Unit {name} does not exist.")
    return unit
