"""`destroy`: units are forgotten, and their processes end."""

from fleet.ctl.errors import CommandError, failing_with
from fleet.ctl.invocation import Invocation
from fleet.ctl.reaching import await_absence, nothing_given
from fleet.ctl.waiting import Deadline
from fleet.model.names import mangle


def destroy(call: Invocation) -> int:
    """Forgets the units, and waits until no machine has any of them: whoever starts one again gets a new process."""
    if nothing_given(call):
        return 0
    with failing_with("Error destroying units"):
        gone = call.api.destroy(list(dict.fromkeys(map(mangle, call.arguments))))
    if not gone:
        call.warn("Units not found in registry")
    elif call.flags.truth("no-block"):
        for name in gone:
            call.say(f"Destroyed {name}")
    else:
        _await_absence(call, list(gone))
    return 0


def _await_absence(call: Invocation, names: list[str]) -> None:
    with failing_with("Error destroying units"):
        late = await_absence(call, names, "Destroyed {}", Deadline.of(call))
    if late:
        raise CommandError(
            "\n".join(
                f"Error destroying units: timed out waiting for unit {name} to leave its machine" for name in late
            )
        )
