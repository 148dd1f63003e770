"""What becomes of units that systemd was asked to start, as far as it knows at once."""

from collections.abc import Sequence

from fleet.ctl.client import Since
from fleet.ctl.entities import State, Unit
from fleet.ctl.errors import ApiError
from fleet.ctl.invocation import Invocation
from fleet.ctl.waiting import Deadline, until_none_left

VERDICT_WITHIN = 2  # seconds that systemd gets, once it was asked to start a unit, to say what becomes of it
JOURNAL_LINES = 10


def of(call: Invocation, units: Sequence[Unit], before: Sequence[State]) -> int:
    """Says which units systemd calls failed, and why; 1 if there are any. `before` is how units were before that."""
    failed = _failed(call, units, before)
    for state in failed:
        _tell(call, state)
    return 1 if failed else 0


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
    """Whether systemd has begun with the unit: it is not still idle, nor as bad as it was before it was started.

    A oneshot that is at its work may well fail in a moment. What prepares itself, such as by an image, takes its time.
    """
    if _is_bad(state):
        return state not in before
    return state.active != "inactive" and (state.active, state.sub) != ("activating", "start")


def _tell(call: Invocation, state: State) -> None:
    from fleet.ctl.remote import run_on

    machine = call.machines.label(state.machine_id)
    problem = (
        f"Failed to find an active unit {state.unit} within {VERDICT_WITHIN}s, "
        f"err: systemd says {state.error or f'{state.active} ({state.sub})'} on {machine}"
    )
    call.warn(f"Error waiting for units: {problem}")
    call.warn(f"Error waiting for systemd unit states, err: {problem}. The end of its journal:")
    command = ["journalctl", "--unit", state.unit, "--no-pager", "-n", str(JOURNAL_LINES), "--output", "short"]
    if run_on(call, state.machine_id, command, to_stderr=True) != 0:
        call.warn(f"The journal cannot be read from here; try: fleetctl journal {state.unit}")
