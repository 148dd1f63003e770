"""The states of a unit in fleet, what is desired and how far its machine has come; and when systemd has it down."""

from typing import Literal, TypeAlias

DesiredState: TypeAlias = Literal["inactive", "loaded", "launched"]

INACTIVE: DesiredState = "inactive"  # known only
LOADED: DesiredState = "loaded"  # on a machine, not started by fleet
LAUNCHED: DesiredState = "launched"  # on a machine, and systemd was asked to start it

STATES: tuple[DesiredState, ...] = (INACTIVE, LOADED, LAUNCHED)

DOWN = ("inactive", "failed")  # systemd's active states in which nothing of a unit runs


def parse_state(text: str) -> DesiredState:
    """The state of that name; raises ValueError for any other text."""
    for state in STATES:
        if state == text:
            return state
    raise ValueError(f'invalid state "{text}": must be one of {", ".join(STATES)}')
