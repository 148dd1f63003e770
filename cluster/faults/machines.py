"""Bad things done to whole machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from cluster.errors import CommandFailed, MachineUnreachable
from cluster.eventually import eventually
from cluster.faults import store
from cluster.faults.fault import Fault, injected
from cluster.faults.order import Order
from cluster.machine import Machine, at_once


class KillMachine(Fault):
    """The machine's power is cut; healed, it is on again and answers.

    What ran on it is then a matter of the fleet: the machine itself starts nothing that it had.
    """

    def __init__(self, machine: Machine) -> None:
        self.order = Order("kill-machine", machine.name)
        self._machine = machine

    def inject(self) -> None:
        """Cut the power."""
        self._machine.kill()

    def bites(self) -> None:
        """See that it is off."""
        assert not self._machine.is_running, f"{self._machine} runs on"

    def heal(self) -> None:
        """Switch it on, where it is off."""
        if not self._machine.is_running:
            self._machine.start()

    def healed(self) -> None:
        """See that it is on."""
        assert self._machine.is_running, f"{self._machine} is still off"


class FreezeMachine(Fault):
    """None of the machine's processes runs; healed, they go on where they were.

    Its connections stay open and nobody is told: peers learn of it by their own timeouts only. What the kernel does
    for its processes (accepting connections, acknowledging bytes) it goes on doing.
    """

    def __init__(self, machine: Machine) -> None:
        self.order = Order("freeze-machine", machine.name)
        self._machine = machine

    def inject(self) -> None:
        """Freeze it."""
        self._machine.freeze()

    def bites(self) -> None:
        """See that it is frozen."""
        assert self._machine.is_frozen, f"{self._machine} goes on"

    def heal(self) -> None:
        """Let it go on, where it is frozen."""
        if self._machine.is_frozen:
            self._machine.thaw()

    def healed(self) -> None:
        """See that it goes on."""
        assert not self._machine.is_frozen, f"{self._machine} is still frozen"


class HaltMachines(Fault):
    """Machines switch themselves off in an orderly way, all at once; healed, all are on."""

    def __init__(self, *machines: Machine) -> None:
        self._machines = list(machines)
        self.order = _order(self._machines)

    def inject(self) -> None:
        """Have them switch themselves off."""
        at_once(Machine.halt, self._machines)

    def further(self, *machines: Machine) -> None:
        """Switch more of them off; they belong to the fault from then on."""
        self._machines += machines
        before, self.order = self.order, _order(self._machines)
        store.change(before, self.order)
        at_once(Machine.halt, machines)

    def bites(self) -> None:
        """See that they are off."""
        on = [machine for machine in self._machines if machine.is_running]
        assert not on, f"{on} are not off"

    def heal(self) -> None:
        """Switch on what is off. One that is on its way there may be off any moment: it is killed first."""
        at_once(self._on_again, self._machines)

    def healed(self) -> None:
        """See that they are on."""
        off = [machine for machine in self._machines if not machine.is_running]
        assert not off, f"{off} are still off"

    def _on_again(self, machine: Machine) -> None:
        if machine.is_running:
            if _is_up(machine):
                return
            machine.kill()
        machine.start()


class RebootMachine(Fault):
    """The machine boots anew, in an orderly way: its units are stopped first. Healed, it answers."""

    def __init__(self, machine: Machine) -> None:
        self.order = Order("reboot-machine", machine.name)
        self._machine = machine
        self._booted = ""

    def inject(self) -> None:
        """Have it boot; where its provider leaves it off then, switch it on."""
        self._booted = self._boot()
        with suppress(MachineUnreachable):  # it may be off before it has said that it will be
            self._machine.run("sudo systemctl reboot")
        eventually(f"{self._machine} is off, or up again", lambda: not self._is_as_before(), within=60)
        self.heal()

    def bites(self) -> None:
        """See that it has booted since."""
        eventually(f"{self._machine} answers", lambda: self._machine.answers, within=60)
        assert self._boot() != self._booted, f"{self._machine} has not booted since {self._booted}"

    def heal(self) -> None:
        """Switch it on, where it is off."""
        if not self._machine.is_running:
            self._machine.start()

    def healed(self) -> None:
        """Wait until it answers."""
        eventually(f"{self._machine} answers", lambda: self._machine.answers, within=60)

    def _is_as_before(self) -> bool:
        if not self._machine.is_running:
            return False
        try:
            return self._boot() == self._booted
        except (MachineUnreachable, CommandFailed):
            return True

    def _boot(self) -> str:
        """Return when its first process began: the kernel's boot id is the host's, where machines are containers."""
        return self._machine.run("ps -o lstart= -p 1", within=8).stdout.strip()


def _is_up(machine: Machine) -> bool:
    """Whether it runs and means to go on: not so when it is stopping, or does not say."""
    try:
        said = machine.run("systemctl is-system-running", within=10, check=False).stdout.strip()
    except MachineUnreachable:
        return False
    return said in ("running", "degraded", "starting")


def _order(machines: list[Machine]) -> Order:
    return Order("halt-machine", ",".join(machine.name for machine in machines))


@contextmanager
def killed(machine: Machine) -> Iterator[None]:
    """Cut the machine's power inside the block; afterwards it is on again and answers; see KillMachine."""
    with injected(KillMachine(machine)):
        yield


@contextmanager
def frozen(machine: Machine) -> Iterator[None]:
    """Let no process of the machine run inside the block; afterwards they go on; see FreezeMachine."""
    with injected(FreezeMachine(machine)):
        yield


@contextmanager
def halted(*machines: Machine) -> Iterator[Callable[..., None]]:
    """Switch machines off in an orderly way, all at once, as `vagrant halt` does one by one; afterwards all are on.

    Inside the block, call what it yields with further machines to switch those off as well.
    """
    with injected(HaltMachines(*machines)) as fault:
        yield fault.further
