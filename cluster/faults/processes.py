"""Bad things done to processes: of a machine's services and the fleet's units, or of a program inside a container."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.eventually import eventually
from cluster.faults.fault import Fault, injected
from cluster.faults.order import Order
from cluster.machine import Machine

BACK = 60.0
"""Seconds until a killed process is replaced: a node may wait for its turn first."""

INSTANCE_BACK = 100.0
"""The same of an instance of the fleet: what is left of it has TimeoutStopSec=90 to end, then RestartSec=2 passes."""

FLEETS = "/run/fleet/units"
"""Where fleet writes what it has placed on a machine."""


class Processes:
    """The processes on a machine that a word means: of a service (`etcd2.service`), or of a program (`java`)."""

    def __init__(self, machine: Machine, name: str) -> None:
        self.machine, self.name = machine, name
        self.is_service = name.endswith(".service")

    def __str__(self) -> str:
        return f"{self.machine}/{self.name}"

    def seen(self) -> set[str]:
        """Return the ids with the times at which each began: an id may come again. Of a service: its main process."""
        return set(self._ps("pid=,lstart="))

    def signal(self, name: str, check: bool = True) -> None:
        """Send a signal to all of them; raises CommandFailed where there are none, unless `check` is false."""
        send = f"systemctl kill --signal={name}" if self.is_service else f"pkill -{name} --exact"
        self.machine.run(f"sudo {send} %s", self.name, check=check)

    def kill_and_stop(self) -> None:
        """Kill a service's processes before systemd can tell them anything, and have it stay away."""
        self.machine.run("sudo systemctl kill --signal=KILL %s && sudo systemctl stop %s", self.name, self.name)

    def start(self) -> None:
        """Have a service run that does not; nothing where this machine has none of that name."""
        have = "systemctl cat %s >/dev/null 2>&1"
        self.machine.run(f"if {have}; then sudo systemctl start %s; fi", self.name, self.name)

    def states(self) -> set[str]:
        """Return in which states they are, by the kernel's letters: S waits, T is stopped where it was."""
        return set(self._ps("state="))

    def are_here(self) -> bool:
        """Whether there are any; of a service: whether it is active."""
        return self._says("systemctl is-active %s" if self.is_service else "pgrep --exact %s")

    def are_of_here(self) -> bool:
        """Whether it is a service that this machine has, running or not."""
        return self.is_service and self._says("systemctl cat %s")

    def are_fleets(self) -> bool:
        """Whether it is a service that fleet has placed here, and not one of the machine's own."""
        return self.is_service and self._says(f"test -e {FLEETS}/%s")

    def _ps(self, columns: str) -> list[str]:
        found = "systemctl show -P MainPID %s" if self.is_service else "pgrep --exact %s"
        said = self.machine.run(f"{found} | xargs --no-run-if-empty ps -o {columns} -p", self.name, check=False).lines
        return [line.strip() for line in said]

    def _says(self, command: str) -> bool:
        return self.machine.run(command, self.name, check=False).ok


class KillProcess(Fault):
    """SIGKILL for a process; with `keep_down`, a service does not come back before it is healed.

    Without it, coming back is a matter of systemd. Healing starts only the machine's own services: an instance of the
    fleet is meant to come back by its Restart=, and nobody would see that it does not; and it may have moved.
    """

    def __init__(self, machine: Machine, name: str, keep_down: bool = False) -> None:
        self.order = Order("kill-process", f"{machine}/{name}", {"keep_down": keep_down})
        self._these, self._keep_down = Processes(machine, name), keep_down
        self._killed: set[str] = set()

    def unavailable(self) -> str | None:
        """Whether there is nothing to kill, or nothing that keeps it down."""
        if self._keep_down and not self._these.is_service:
            return f"{self._these} is no service: nothing can keep it down"
        return None if self._these.are_here() else f"{self._these} does not run"

    def inject(self) -> None:
        """Kill it."""
        if self._keep_down:
            self._these.kill_and_stop()
        else:
            self._killed = self._these.seen()
            self._these.signal("KILL")

    def bites(self) -> None:
        """See that the processes are gone, or that the service stays away."""
        if self._keep_down:
            assert not self._these.are_here(), f"{self._these} runs on"
        else:
            assert self._killed, f"{self._these} did not run"
            eventually(f"{self._these} is killed", lambda: not self._killed & self._these.seen(), within=20)

    def heal(self) -> None:
        """Start the service, where it is this machine's and not active; a unit of the fleet only if it was stopped."""
        if self._these.is_service and (self._keep_down or not self._these.are_fleets()):
            self._these.start()

    def healed(self) -> None:
        """See that it runs again; of a service that is not this machine's any more nothing can be asked."""
        if self._these.is_service and not self._these.are_of_here():
            return
        within = INSTANCE_BACK if self._these.are_fleets() else BACK
        eventually(f"{self._these} runs again", self._these.are_here, within=within)


class FreezeProcess(Fault):
    """SIGSTOP for all processes of a service or a program; healed, they go on where they were."""

    def __init__(self, machine: Machine, name: str) -> None:
        self.order = Order("freeze-process", f"{machine}/{name}")
        self._these = Processes(machine, name)

    def unavailable(self) -> str | None:
        """Whether there is nothing to freeze."""
        return None if self._these.are_here() else f"{self._these} does not run"

    def inject(self) -> None:
        """Stop them where they are."""
        self._these.signal("STOP")

    def bites(self) -> None:
        """See that they are stopped."""
        eventually(f"{self._these} hangs", lambda: self._these.states() == {"T"}, within=20)

    def heal(self) -> None:
        """Let them go on, as far as there are any."""
        self._these.signal("CONT", check=False)

    def healed(self) -> None:
        """See that they are not stopped."""
        assert "T" not in self._these.states(), f"{self._these} still hangs"


@contextmanager
def service_killed(machine: Machine, service: str) -> Iterator[None]:
    """Kill one of a machine's own services with SIGKILL and keep it from coming back inside the block."""
    with injected(KillProcess(machine, service, keep_down=True)):
        yield


@contextmanager
def hung(machine: Machine, service: str) -> Iterator[None]:
    """Stop all processes of one of a machine's own services where they are inside the block; then they go on."""
    with injected(FreezeProcess(machine, service)):
        yield
