"""`submit`, `load` and `start`: units become known, get a machine, run."""

from collections.abc import Iterable, Sequence

from fleet.ctl import verdicts
from fleet.ctl.creating import Creation
from fleet.ctl.entities import Unit
from fleet.ctl.errors import failing_with
from fleet.ctl.invocation import Invocation
from fleet.ctl.reaching import await_state, nothing_given, request
from fleet.model.states import DOWN


def submit(call: Invocation) -> int:
    """Makes the units known; what is known stays as it is."""
    if not nothing_given(call):
        Creation(call, "submit").run()
    return 0


def load(call: Invocation) -> int:
    """Puts the units on machines, not running; a running one is stopped."""
    if not nothing_given(call):
        units = Creation(call, "load").run().values()
        _raise(call, [unit for unit in units if unit.desired != "loaded" or unit.error], "loaded")
    return 0


def start(call: Invocation) -> int:
    """Starts the units, also those that were started once and are dead; what runs is let run.

    1 if systemd says at once that one failed. A unit that takes its time is a started one.
    """
    if nothing_given(call):
        return 0
    units = Creation(call, "start").run().values()
    with failing_with("Error starting units"):
        before = call.api.states() if any(unit.machine_id for unit in units) else []
    dead = {(state.unit, state.machine_id) for state in before if state.active in DOWN}
    stopped = [unit for unit in units if unit.desired != "launched" or (unit.name, unit.machine_id) in dead]
    return verdicts.of(call, _raise(call, stopped, "launched"), before)


def _raise(call: Invocation, units: Iterable[Unit], state: str) -> Sequence[Unit]:
    verb = "starting" if state == "launched" else "loading"
    with failing_with(f"Error {verb} units"):
        awaited = request(call, units, state)
    return await_state(call, awaited, state)
