"""`cat`, `status` and `journal`: one unit at a time."""

from collections.abc import Sequence

from fleet.ctl.entities import Unit
from fleet.ctl.errors import CommandError, failing_with
from fleet.ctl.invocation import Invocation
from fleet.ctl.remote import become_on, run_on
from fleet.model.names import mangle


def cat(call: Invocation) -> int:
    """Prints the canonical text of a unit: what systemd gets."""
    name = _only_argument(call)
    with failing_with(f"Error retrieving Unit {name}"):
        unit = call.api.unit(name)
    if unit is None:
        raise CommandError(f"Unit {name} not found")
    call.say(unit.file.text.removesuffix("\n"))
    return 0


def status(call: Invocation) -> int:
    """Prints systemd's status of each unit; stops at the first that is not well, with systemctl's exit status."""
    first = True
    for argument in call.arguments:
        unit = _known(call, mangle(argument))
        for machine_id in _machines_of(call, unit):
            if not first:
                call.say("")
            first = False
            if code := run_on(call, machine_id, ["systemctl", "status", "-l", "--no-pager", unit.name]):
                return code
    return 0


def journal(call: Invocation) -> int:
    """Prints the end of a unit's journal, and with `-f` what is added to it, until it is killed."""
    unit = _known(call, _only_argument(call))
    if unit.is_global:
        raise CommandError(f"Unable to retrieve journal of global unit {unit.name}.")
    if unit.current == "inactive":
        raise CommandError(f"Unit {unit.name} does not appear to be running.")
    return become_on(call, unit.machine_id, _journalctl(call, unit))


def _journalctl(call: Invocation, unit: Unit) -> Sequence[str]:
    lines, output = int(call.flags.number("lines")), call.flags.text("output")
    words = ["journalctl", "--unit", unit.name, "--no-pager", "-n", str(lines), "--output", output]
    return [*(["sudo"] if call.flags.truth("sudo") else []), *words, *(["-f"] if call.flags.truth("follow") else [])]


def _machines_of(call: Invocation, unit: Unit) -> list[str]:
    if unit.is_global:
        return [state.machine_id for state in call.api.states() if state.unit == unit.name]
    if unit.current == "inactive":
        raise CommandError(f"Unit {unit.name} does not appear to be loaded.")
    return [unit.machine_id]


def _known(call: Invocation, name: str) -> Unit:
    with failing_with(f"Error retrieving Unit {name}"):
        unit = call.api.unit(name)
    if unit is None:
        raise CommandError(f"Unit {name} does not exist.")
    return unit


def _only_argument(call: Invocation) -> str:
    if len(call.arguments) != 1:
        raise CommandError("Exactly one unit must be given")
    return mangle(call.arguments[0])
