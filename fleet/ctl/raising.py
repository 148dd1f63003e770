"""`submit`, `load` and `start`: units become known, get a machine, run."""

from collections.abc import Iterable, Sequence

from fleet.ctl.client import Since
from fleet.ctl.creating import Creation
from fleet.ctl.entities import State, Unit
from fleet.ctl.errors import ApiError, failing_with
from fleet.ctl.invocation import Invocation
from fleet.ctl.machines import Machines
from fleet.ctl.reaching import await_state, nothing_given, request
from fleet.ctl.waiting import Deadline, until_none_left

VERDICT_WITHIN = 2  # seconds that systemd gets, once it was asked to start a unit, to say what becomes of it
JOURNAL_LINES = 10


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
    dead = {(state.unit, state.machine_id) for state in before if state.active in ("inactive", "failed")}
    stopped = [unit for unit in units if unit.desired != "launched" or (unit.name, unit.machine_id) in dead]
    failed = _failed(call, _raise(call, stopped, "launched"), before)
    for state in failed:
        _tell(call, state)
    return 1 if failed else 0


def _raise(call: Invocation, units: Iterable[Unit], state: str) -> Sequence[Unit]:
    verb = "starting" if state == "launched" else "loading"
    with failing_with(f"Error {verb} units"):
        awaited = request(call, units, state)
    return await_state(call, awaited, state)


def _failed(call: Invocation, units: Sequence[Unit], before: Sequence[State]) -> list[State]:
    """The units that systemd calls failed, once it has said anything new about each, or has had its time to."""
    # By machine, because a unit that was moved may still be stopping on another one.
    places: dict[str, str] = {unit.name: unit.machine_id for unit in units}
    latest: dict[str, State] = {}

    def settle(since: Since | None, names: list[str]) -> list[str]:
        for state in call.api.states(since):
            if places.get(state.unit) == state.machine_id:
                latest[state.unit] = state
        return [name for name in names if name in latest and _is_new(latest[name], before)]

    try:
        until_none_left(call.api, places, Deadline(VERDICT_WITHIN), settle)
    except ApiError as problem:
        call.warn(f"The units are launched, but what systemd says about them is not known: {problem}")
    return [latest[name] for name in places if name in latest and _is_bad(latest[name])]


def _is_bad(state: State) -> bool:
    return state.active == "failed" or bool(state.error)


def _is_new(state: State, before: Sequence[State]) -> bool:
    """Whether systemd has begun with the unit: it is not still idle, nor as bad as it was before it was started."""
    return state not in before if _is_bad(state) else state.active != "inactive"


def _tell(call: Invocation, state: State) -> None:
    from fleet.ctl.remote import run_on

    machine = Machines(call.api).label(state.machine_id)
    problem = (
        f"Failed to find an active unit {state.unit} within {VERDICT_WITHIN}s, "
        f"err: systemd says {state.error or f'{state.active} ({state.sub})'} on {machine}"
    )
    call.warn(f"Error waiting for units: {problem}")
    call.warn(f"Error waiting for systemd unit states, err: {problem}. The end of its journal:")
    command = ["journalctl", "--unit", state.unit, "--no-pager", "-n", str(JOURNAL_LINES), "--output", "short"]
    if run_on(call, state.machine_id, command, to_stderr=True) != 0:
        call.warn(f"The journal cannot be read from here; try: fleetctl journal {state.unit}")
