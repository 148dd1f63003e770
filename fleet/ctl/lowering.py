"""`stop` and `unload`: units stop, leave their machines."""

from fleet.ctl.entities import Unit
from fleet.ctl.errors import failing_with
from fleet.ctl.invocation import Invocation
from fleet.ctl.reaching import await_state, await_unloaded, known_among, nothing_given, request

_UP = ("active", "activating", "reloading")


def stop(call: Invocation) -> int:
    """Stops the units where they are; 1 if one is on no machine, and then nothing after it is stopped.

    One that waits for a machine to run on, as after its own has died, is stopped too: it waits no longer to be started.
    So is one that was only loaded, and that systemd has started because another unit wants it.
    """
    if nothing_given(call):
        return 0
    stopping: list[Unit] = []
    units = known_among(call)
    running = _running(call, units)
    for unit in units:
        if unit.name in running or unit.desired == "launched" or unit.current == "launched":
            stopping.append(unit)
        elif not unit.is_global and unit.current == "inactive":
            request_stop(call, stopping)
            call.warn(f"Unable to stop unit {unit.name} in state inactive")
            return 1
    if units:
        awaited = [unit for unit in request_stop(call, stopping) if unit.current != "inactive"]
        await_state(call, awaited, "loaded")
        call.warn(f"Successfully stopped units [{_names(stopping)}].")
    return 0


def _running(call: Invocation, units: list[Unit]) -> set[str]:
    """The units that are loaded only, and yet run."""
    loaded = {unit.name for unit in units if unit.desired == "loaded"}
    with failing_with("Error stopping units"):
        states = call.api.states() if loaded else []
    return {state.unit for state in states if state.unit in loaded and state.active in _UP}


def request_stop(call: Invocation, units: list[Unit]) -> list[Unit]:
    """Asks for the units to be loaded and no more."""
    with failing_with("Error stopping units"):
        return request(call, units, "loaded")


def unload(call: Invocation) -> int:
    """Stops the units and takes them off their machines. One that waits for a machine waits no longer."""
    if nothing_given(call):
        return 0
    units = known_among(call)
    with failing_with("Error unloading units"):
        leaving = [unit for unit in units if unit.desired != "inactive" or unit.current != "inactive"]
        awaited = request(call, leaving, "inactive")
    await_unloaded(call, awaited)
    if units:
        call.warn(f"Successfully unloaded units [{_names(leaving)}].")
    return 0


def _names(units: list[Unit]) -> str:
    return " ".join(unit.name for unit in units if not unit.is_global)
