"""`restart`: what runs is stopped and started again, where it is."""

from collections.abc import Sequence

from fleet.ctl import verdicts
from fleet.ctl.client import Since
from fleet.ctl.creating import Creation
from fleet.ctl.entities import Unit
from fleet.ctl.errors import failing_with
from fleet.ctl.invocation import Invocation
from fleet.ctl.reaching import await_state, nothing_given, raise_any, too_late
from fleet.ctl.waiting import Deadline, until_none_left


def restart(call: Invocation) -> int:
    """Restarts the units, and starts those that are loaded only; waits until no process of before is left.

    One that is on no machine is named and left alone. 1 if systemd says at once that one failed.
    """
    if nothing_given(call):
        return 0
    units = [unit for unit in Creation(call, "restart").run().values() if _can_be_restarted(call, unit)]
    with failing_with("Error restarting units"):
        before = call.api.states() if units else []
        list(call.api.restart(unit.name for unit in units))
    reached = await_state(call, [unit for unit in units if not unit.is_global], "launched")
    _await_everywhere(call, [unit for unit in units if unit.is_global])
    status = verdicts.of(call, reached, before)
    for unit in units if status == 0 else ():
        call.warn(f"Unit({unit.name}) was restarted.")
    return status


def _can_be_restarted(call: Invocation, unit: Unit) -> bool:
    if "inactive" not in ((unit.desired,) if unit.is_global else (unit.desired, unit.current)):
        return True
    call.warn(f"Unable to restart unit {unit.name} in state inactive")
    return False


def _await_everywhere(call: Invocation, units: Sequence[Unit]) -> None:
    """Waits until all machines that have the global units have restarted them, saying so for each."""
    told: set[tuple[str, str]] = set()
    problems: list[str] = []

    def settle(since: Since | None, left: list[str]) -> list[str]:
        states = [state for state in call.api.states(since) if state.unit in left]
        for state in states:
            if not state.pending and (state.unit, state.machine_id) not in told:
                told.add((state.unit, state.machine_id))
                place = call.machines.label(state.machine_id)
                if state.error:
                    problems.append(f"unit {state.unit} cannot be restarted on {place}: {state.error}")
                else:
                    call.say(f"Unit {state.unit} launched on {place}")
        waiting = {state.unit for state in states if state.pending}
        return [name for name in left if name not in waiting]

    with failing_with("Error waiting for units"):
        late = until_none_left(call.api, [unit.name for unit in units], Deadline.of(call), settle)
    raise_any(problems + [too_late(name, "launched") for name in late])
