"""`destroy`: units are forgotten, and their processes end."""

from fleet.ctl.client import Since
from fleet.ctl.errors import CommandError, failing_with
from fleet.ctl.invocation import Invocation
from fleet.ctl.reaching import nothing_given
from fleet.ctl.waiting import Deadline, until_none_left
from fleet.model.names import mangle


def destroy(call: Invocation) -> int:
    """Forgets the units, and waits until no machine has any of them: whoever starts one again gets a new process."""
    if nothing_given(call):
        return 0
    with failing_with("Error destroying units"):
        gone = [name for name in dict.fromkeys(map(mangle, call.arguments)) if call.api.destroy(name)]
    if not gone:
        call.warn("Units not found in registry")
    elif call.flags.truth("no-block"):
        for name in gone:
            call.say(f"Destroyed {name}")
    else:
        _await_absence(call, list(gone))
    return 0


def _await_absence(call: Invocation, names: list[str]) -> None:
    def settle(since: Since | None, left: list[str]) -> list[str]:
        present = {state.unit for state in call.api.states(since)}
        absent = [name for name in left if name not in present]
        for name in absent:
            call.say(f"Destroyed {name}")
        return absent

    with failing_with("Error destroying units"):
        late = until_none_left(call.api, names, Deadline.of(call), settle)
    if late:
        raise CommandError(
            "\n".join(
                f"Error destroying units: timed out waiting for unit {name} to leave its machine" for name in late
            )
        )
