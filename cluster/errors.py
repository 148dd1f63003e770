"""What can go wrong beside the promise itself: the trouble of the host, of the way to a machine, of a command."""

from __future__ import annotations


class InfraError(RuntimeError):
    """The host, Vagrant, docker or the way to a machine failed: it says nothing about the units."""


class MachineUnreachable(InfraError):
    """ssh itself failed: nothing is known about the command."""


class CommandFailed(RuntimeError):
    """A command ran on a machine and ended with a status other than 0."""


class Impossible(AssertionError):
    """What is awaited can no longer happen: a wait ends at once when its probe raises this."""
