"""`list-machines`, `list-units` and `list-unit-files`."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from fleet.ctl.entities import SHORT_HASH, Machine, State, Unit, short_id
from fleet.ctl.errors import ApiError, CommandError, failing_with
from fleet.ctl.invocation import Invocation
from fleet.ctl.tables import aligned

Row = TypeVar("Row")

_UNREACHABLE = """Error retrieving list of active machines: {problem}

Possible issues:
 * fleetd is not running here: systemctl status fleet.socket fleet.service
 * fleetd cannot reach etcd, or another machine has the same /etc/machine-id: journalctl -u fleet.service
 * fleetd listens somewhere else: see --endpoint and FLEETCTL_ENDPOINT"""


def list_machines(call: Invocation) -> int:
    """Prints the machines, by id."""
    full = call.flags.truth("full")
    fields: dict[str, Callable[[Machine], str]] = {
        "machine": lambda machine: machine.id if full else short_id(machine.id),
        "ip": lambda machine: machine.ip or "-",
        "metadata": lambda machine: (
            ",".join(f"{key}={machine.metadata[key]}" for key in sorted(machine.metadata)) or "-"
        ),
    }
    chosen = _chosen(call, fields)
    try:
        machines = call.api.machines()
    except ApiError as problem:
        raise CommandError(_UNREACHABLE.format(problem=problem)) from problem
    return _print(call, chosen, machines)


def list_units(call: Invocation) -> int:
    """Prints what systemd says about the units that are on machines, also about destroyed ones that still stop."""
    full = call.flags.truth("full")
    fields: dict[str, Callable[[State], str]] = {
        "unit": lambda state: state.unit,
        "load": lambda state: state.load or "-",
        "active": lambda state: state.active or "-",
        "sub": lambda state: state.sub or "-",
        "machine": lambda state: call.machines.label(state.machine_id, full) if state.machine_id else "-",
        "hash": lambda state: _hash(state.hash, full),
    }
    chosen = _chosen(call, fields)
    with failing_with("Error retrieving list of units from repository"):
        return _print(call, chosen, call.api.states())


def list_unit_files(call: Invocation) -> int:
    """Prints the units that fleet knows, with their desired and their current state."""
    full = call.flags.truth("full")

    def target(unit: Unit) -> str:
        if unit.is_global:
            return "global"
        return call.machines.label(unit.machine_id, full) if unit.machine_id else "-"

    fields: dict[str, Callable[[Unit], str]] = {
        "unit": lambda unit: unit.name,
        "global": lambda unit: str(unit.is_global).lower(),
        "hash": lambda unit: _hash(unit.file.hash, full),
        "desc": lambda unit: next(iter(unit.file.values("Unit", "Description")), "") or "-",
        "dstate": lambda unit: unit.desired or "-",
        "state": lambda unit: "-" if unit.is_global else unit.current or "-",
        "target": target,
        "tmachine": target,
    }
    chosen = _chosen(call, fields)
    if "tmachine" in chosen:
        call.warn('The field "tmachine" is deprecated: use "target" instead.')
    with failing_with("Error retrieving list of units from repository"):
        units = call.api.units()
        return _print(call, chosen, (units[name] for name in sorted(units)))


def _chosen(call: Invocation, fields: Mapping[str, Callable[[Row], str]]) -> dict[str, Callable[[Row], str]]:
    """The columns that `--fields` names, in its order."""
    names = call.flags.text("fields").split(",")
    if names == [""]:
        raise CommandError("Must define output format")
    for name in names:
        if name not in fields:
            raise CommandError(f'Invalid key in output format: "{name}"')
    return {name: fields[name] for name in names}


def _print(call: Invocation, columns: Mapping[str, Callable[[Row], str]], entities: Iterable[Row]) -> int:
    header = [] if call.flags.truth("no-legend") else [[name.upper() for name in columns]]
    rows = header + [[cell(entity) for cell in columns.values()] for entity in entities]
    if rows:
        call.say(aligned(rows))
    return 0


def _hash(digits: str, full: bool) -> str:
    return (digits if full else digits[:SHORT_HASH]) or "-"
