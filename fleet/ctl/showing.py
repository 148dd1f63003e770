"""`cat`: the text of a unit."""

from fleet.ctl.errors import CommandError, failing_with
from fleet.ctl.invocation import Invocation
from fleet.model.names import mangle


def cat(call: Invocation) -> int:
    """Prints the canonical text of a unit: what systemd gets."""
    name = mangle(call.only("unit"))
    with failing_with(f"Error retrieving Unit {name}"):
        unit = call.api.unit(name)
    if unit is None:
        raise CommandError(f"Unit {name} not found")
    call.say(unit.file.text.removesuffix("\n"))
    return 0
