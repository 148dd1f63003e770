"""A fault that is held in place for a person who wants to look: until that person presses Enter."""

from __future__ import annotations

import threading
from typing import TextIO

from cluster.chaos.schedule import Step
from cluster.say import Say
from cluster.settings import Settings, again


def text(step: Step, settings: Settings) -> list[str]:
    """Return what the person is told: what is in force, how to look, and how to go on."""
    orders = "; ".join(str(fault.order) for fault in step.faults)
    look, status = (again(f"./toxw -e cluster -- {command}") for command in ("ssh core-01", "status"))
    names = settings.machine_names
    return [
        f"step {step.number} is held: {orders}",
        f"a shell: {look.replace('core-01', names[0])}, and so on to {names[-1]}; {status}",
        "Enter heals and goes on; Ctrl-C heals and ends",
    ]


def until_enter(step: Step, settings: Settings, say: Say, typed: TextIO) -> None:
    """Return when a line is typed; where nobody can type, as in the background, only a signal ends it."""
    for line in text(step, settings):
        say(line)
    if not typed.readline():
        threading.Event().wait()
