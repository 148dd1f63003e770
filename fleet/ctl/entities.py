"""What the API speaks of: units, their states on machines, and machines."""

from typing import Any, NamedTuple

from fleet.model.machine import SHORT_ID
from fleet.model.names import UnitName
from fleet.model.unitfile import UnitFile

SHORT_HASH = 7


class Unit(NamedTuple):
    """A unit that fleet knows."""

    name: UnitName
    file: UnitFile
    desired: str
    current: str
    machine_id: str
    waits_for: str = ""  # why it has no machine, if fleetd says so
    error: str = ""  # what its machine met when it carried out the last request, if that failed
    pending: bool = False  # whether its machine has yet to carry out the last request

    @classmethod
    def from_json(cls, entity: dict[str, Any]) -> "Unit":
        """The unit of an API entity; keys of empty values may be missing."""
        options = ((option["section"], option["name"], option.get("value", "")) for option in entity.get("options", ()))
        return cls(
            name=UnitName(entity["name"]),
            file=UnitFile.from_options(options),
            desired=entity.get("desiredState", ""),
            current=entity.get("currentState", "") or "inactive",
            machine_id=entity.get("machineID", ""),
            waits_for=entity.get("unschedulable", ""),
            error=entity.get("error", ""),
            pending=bool(entity.get("pending")),
        )

    @property
    def is_global(self) -> bool:
        """Whether it runs on every machine that it fits."""
        from fleet.model.xfleet import Requirements

        return Requirements.of(self.name, self.file).is_global


class State(NamedTuple):
    """What systemd says about a unit on one machine."""

    unit: str
    machine_id: str
    load: str
    active: str
    sub: str
    hash: str
    error: str = ""  # what systemd answered when it was last asked to do something, if it refused
    pending: bool = False  # whether the machine has yet to carry out the last request

    @classmethod
    def from_json(cls, entity: dict[str, Any]) -> "State":
        """The state of an API entity."""
        keys = ("name", "machineID", "systemdLoadState", "systemdActiveState", "systemdSubState", "hash", "error")
        words = (entity.get(key, "") for key in keys)
        return cls(*words)._replace(pending=bool(entity.get("pending")))


class Machine(NamedTuple):
    """A machine that fleet can see."""

    id: str
    ip: str
    metadata: dict[str, str]

    @classmethod
    def from_json(cls, entity: dict[str, Any]) -> "Machine":
        """The machine of an API entity."""
        return cls(entity["id"], entity.get("primaryIP", ""), entity.get("metadata") or {})


def short_id(machine_id: str) -> str:
    """The id as tables show it: `12345678...`."""
    return f"{machine_id[:SHORT_ID]}..."
