"""What the registry holds: machines, units, and the states of units on machines."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fleet.model.machine import SHORT_ID
from fleet.model.names import RUNNABLE_TYPES, UnitName
from fleet.model.states import INACTIVE, LAUNCHED, LOADED, DesiredState
from fleet.model.unitfile import UnitFile
from fleet.model.xfleet import Requirements


@dataclass(frozen=True, slots=True)
class Machine:
    """A living machine of the cluster, with its effective metadata."""

    id: str
    ip: str = ""
    hostname: str = ""
    instance: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    leaving: bool = False

    @property
    def label(self) -> str:
        """What people call it: its host name, or the start of its id."""
        return self.hostname or f"{self.id[:SHORT_ID]}..."


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that was submitted.

    `request` is the revision of the last wish about its state: who starts the unit notes it, and so knows a repeated
    `start` from the first. `placed` is the revision of its placement, 0 without one. `written` is that of its text, and
    `halted` that of the last request that no process may outlast: for another state than launched, or for a restart.
    """

    name: str
    file: UnitFile
    hash: str
    requirements: Requirements
    desired: DesiredState = INACTIVE
    request: int = 0
    written: int = 0
    halted: int = 0
    machine: str | None = None
    placed: int = 0
    reason: str = ""

    @property
    def is_global(self) -> bool:
        """Whether it runs on every machine that admits it instead of being placed on one."""
        return self.requirements.is_global

    def may_go_on(self, answered: int) -> bool:
        """Whether what was started for that request may go on: whoever missed a stop must not take a start for none."""
        return answered >= max(self.written, self.halted)

    @property
    def misfit(self) -> str:
        """Why no machine can ever run it; empty if one might. The API takes units of more types than agents do."""
        kind = UnitName(self.name).type
        return "" if kind in RUNNABLE_TYPES else f"fleet runs no units of type {kind}"

    @property
    def wanted(self) -> bool:
        """Whether it shall be on a machine at all."""
        return self.desired != INACTIVE


@dataclass(frozen=True, slots=True)
class UnitState:
    """What a machine says about a unit: systemd's words, the last request that it carried out, and how far that came.

    `launched` means that systemd was asked to start the unit, and not to stop it since.
    """

    name: str
    machine: str
    load: str = ""
    active: str = ""
    sub: str = ""
    hash: str = ""
    answered: int = 0
    launched: bool = False
    error: str = ""
    lease: int = 0


def current_state(unit: Unit, state: UnitState | None) -> DesiredState:
    """How far the unit's own machine has come; `state` is what that machine published.

    `launched` means that systemd was asked to start the unit, not that it runs. A request changes nothing before the
    machine has carried it out, only a repeated start is not taken for done; another text is none of the unit's.
    """
    if unit.machine is None or state is None or state.hash != unit.hash:
        return INACTIVE
    if state.answered < unit.request:
        return LAUNCHED if state.launched and unit.desired != LAUNCHED else LOADED
    return LAUNCHED if state.launched else LOADED
