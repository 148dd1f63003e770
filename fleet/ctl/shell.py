"""`ssh`: a shell or a command on a machine of the cluster."""

from collections.abc import Sequence

from fleet.ctl import openssh
from fleet.ctl.entities import Machine
from fleet.ctl.errors import CommandError, failing_with
from fleet.ctl.invocation import Invocation
from fleet.ctl.remote import become, run
from fleet.model.names import mangle


def ssh(call: Invocation) -> int:
    """Becomes the system's ssh, whose exit status is the remote command's; 255 if it cannot connect.

    A shell is done when it ends, whatever its last command was: then it is 0.
    """
    words = list(call.arguments)
    by_machine, by_unit = call.flags.text("machine"), call.flags.text("unit")
    if by_machine and by_unit:
        raise CommandError("Both machine and unit flags provided, please specify only one")
    with failing_with("Unable to proceed"):
        machines = call.api.machines()
        if by_machine:
            found = _by_id(machines, by_machine)
        elif by_unit:
            found = _by_unit(call, machines, by_unit)
        elif words:
            found = _by_either(call, machines, words.pop(0))
        else:
            raise CommandError("Provide one machine or unit")
    if found is None or not found.ip:
        raise CommandError("Unable to proceed: could not find matching unit or machine")
    command = openssh.to_machine(call, found.ip, forward_agent=call.flags.truth("forward-agent"))
    if words:
        return become(call, [*command, "--", " ".join(words)])
    return openssh.SshError.status if run(call, command) == openssh.SshError.status else 0


def _by_either(call: Invocation, machines: Sequence[Machine], target: str) -> Machine | None:
    by_id, by_unit = _by_id(machines, target), _by_unit(call, machines, target)
    if by_id and by_unit:
        raise CommandError(
            f"Unable to proceed: ambiguous argument {target}: both a unit and a machine; use --machine or --unit"
        )
    return by_id or by_unit


def _by_id(machines: Sequence[Machine], start: str) -> Machine | None:
    matching = [machine for machine in machines if machine.id.startswith(start)]
    if len(matching) > 1:
        raise CommandError(f"Unable to proceed: found more than one machine whose id starts with {start}")
    return matching[0] if matching else None


def _by_unit(call: Invocation, machines: Sequence[Machine], argument: str) -> Machine | None:
    unit = call.api.unit(mangle(argument))
    return next((machine for machine in machines if unit and machine.id == unit.machine_id), None)
